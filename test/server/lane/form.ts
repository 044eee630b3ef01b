import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'tap'
import { type Form, hasTailAt, isRepeatable } from '../../../src/server/lane/form.ts'

const isPlain = (request: object, shouldKeepAlive = true): boolean => {
  const plain = { method: 'GET', httpVersion: '1.1', headers: { host: 'a', accept: '*/*' }, ...request }
  return isRepeatable(plain as unknown as IncomingMessage, { shouldKeepAlive } as ServerResponse)
}

test('only a GET without conditions, ranges, credentials, body or upgrade on a kept connection is repeatable', async (t) => {
  t.ok(isPlain({}))
  t.notOk(isPlain({}, false))
  t.notOk(isPlain({ method: 'HEAD' }))
  t.notOk(isPlain({ httpVersion: '1.0' }))
  for (const name of [
    'if-none-match',
    'if-modified-since',
    'if-match',
    'if-unmodified-since',
    'if-range',
    'range',
    'authorization',
    'content-length',
    'transfer-encoding',
    'expect',
    'upgrade',
    'prefer',
    'te',
    'trailer'
  ])
    t.notOk(isPlain({ headers: { host: 'a', [name]: '' } }), name)
})

test('a tail is recognised at its place only, and only whole', async (t) => {
  const form = { tail: Buffer.from(' HTTP/1.1\r\n\r\n') } as Form
  const chunk = Buffer.from('GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r')
  t.ok(hasTailAt(chunk, 6, form))
  t.notOk(hasTailAt(chunk, 5, form))
  t.notOk(hasTailAt(chunk, 25, form))
  t.notOk(hasTailAt(chunk, -1, form))
})
