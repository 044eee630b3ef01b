import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { test } from 'tap'
import { Boundary } from '../../../src/server/lane/boundary.ts'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const post = (length: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${length}\r\n`

/** As node:http tells of a request that its parser found. */
const found = (headers: IncomingHttpHeaders = {}): IncomingMessage => ({ headers }) as IncomingMessage

/** What is known after the parser was fed these chunks, each with what it found in it. */
function after(...chunks: readonly (readonly [string, ...IncomingMessage[]])[]): 'here' | 'within' | 'lost' {
  const boundary = new Boundary()
  for (const [text, ...requests] of chunks) boundary.passed(Buffer.from(text, 'latin1'), requests)
  if (boundary.isLost) return 'lost'
  return boundary.isHere ? 'here' : 'within'
}

test('one whole request leaves the parser at a boundary', async (t) => {
  t.equal(after([get, found()]), 'here')
  t.equal(after([get, found()], [get, found()]), 'here')
  t.equal(after(['HEAD /%20~ HTTP/1.1\r\nX:\r\nY: \t\xff\r\n\r\n', found()]), 'here')
})

test('a head may come in pieces', async (t) => {
  for (let at = 1; at < get.length; at++) {
    t.equal(after([get.slice(0, at)]), 'within')
    t.equal(after([get.slice(0, at)], [get.slice(at), found()]), 'here')
  }
})

test('a body of a stated length is followed to its end', async (t) => {
  const ten = found({ 'content-length': '10' })
  const head = post('Content-Length: 10\r\n')
  t.equal(after([`${head}0123456789`, ten]), 'here')
  t.equal(after([head, ten], ['01234'], ['56789']), 'here')
  t.equal(after([head, ten], ['01234']), 'within')
  t.equal(after([head, ten], [`0123456789${get}`, found()]), 'lost')
  t.equal(after([`${head}01234567890`, ten]), 'lost')
})

test('a body whose length only the parser knows loses the boundary', async (t) => {
  const chunked = found({ 'transfer-encoding': 'chunked' })
  t.equal(after([`${post('Transfer-Encoding: chunked\r\n')}0\r\n\r\n`, chunked]), 'lost')
  t.equal(after([post('Content-Length: x\r\n'), found({ 'content-length': 'x' })]), 'lost')
})

test('what was not found once, or does not look like one plain request, loses the boundary', async (t) => {
  t.equal(after([get + get, found(), found()]), 'lost')
  t.equal(after([get]), 'lost', 'answered by node:http itself, or handed over to an upgrade')
  t.equal(after([`${get}GET /`, found()]), 'lost')
  t.equal(after(['GET / HTTP/1.1\nHost: a\n\n', found()]), 'lost')
  t.equal(after(['GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', found()]), 'lost')
  t.equal(after([`\r\n${get}`, found()]), 'lost')
  t.equal(after(['GET / HTTP/1.0\r\nHost: a\r\n\r\n', found()]), 'lost')
  t.equal(after(['GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n', found()]), 'lost')
  t.equal(after([`GET / HTTP/1.1\r\nHost: a\n\n${get}`, found()]), 'lost')
  t.equal(after([`GET /${'a'.repeat(20_000)}`]), 'lost')
})

test('what is lost stays lost', async (t) => {
  t.equal(after([get + get, found(), found()], [get, found()]), 'lost')
})
