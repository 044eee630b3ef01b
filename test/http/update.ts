import { test } from 'tap'
import { formatHttpDate } from '../../src/http/date.ts'
import { agreesWithHead, selectedForUpdate, updatedFields } from '../../src/http/update.ts'

const now = Date.UTC(2026, 5, 1)
const date = (seconds: number) => formatHttpDate(now + seconds * 1000)

test('a 304 replaces what it gives and keeps the rest', async (t) => {
  t.same(
    updatedFields(
      ['Cache-Control', 'max-age=1', 'A', '1', 'a', '2', 'B', '3', 'ETag', '"x"'],
      ['cache-control', 'max-age=60', 'a', '4', 'C', '5']
    ),
    ['B', '3', 'ETag', '"x"', 'cache-control', 'max-age=60', 'a', '4', 'C', '5']
  )
})

test('what describes the stored body stays as it is', async (t) => {
  const stored = [
    'Content-Length',
    '36',
    'Content-Encoding',
    'gzip',
    'Content-Range',
    'x',
    'Content-Type',
    'a/b'
  ]
  const received = [
    'content-length',
    '10',
    'content-encoding',
    'br',
    'content-range',
    'y',
    'content-type',
    'c/d'
  ]
  t.same(updatedFields(stored, received), [...stored.slice(0, 6), 'content-type', 'c/d'])
  t.same(updatedFields([], received), ['content-type', 'c/d'], 'and is not brought in either')
})

test('fields of the connection are not taken over, and an old age is forgotten', async (t) => {
  t.same(updatedFields(['Age', '50', 'A', '1'], ['Connection', 'x', 'X', '1', 'Keep-Alive', 't']), ['A', '1'])
  t.same(updatedFields(['Age', '50'], ['Age', '3']), ['Age', '3'])
})

const stored = (...fields: string[]) => ({ fields })
const chosen = (candidates: readonly { fields: string[] }[], ...received: string[]) =>
  selectedForUpdate(candidates, received, now).map((one) => candidates.indexOf(one))

test('a strong entity tag chooses all that have it', async (t) => {
  const candidates = [
    stored('ETag', '"a"'),
    stored('ETag', '"b"'),
    stored('etag', '"a"'),
    stored('ETag', 'W/"a"'),
    stored()
  ]
  t.same(chosen(candidates, 'ETag', '"a"'), [0, 2])
  t.same(chosen(candidates, 'ETag', '"c"'), [])
})

test('a weak entity tag chooses the latest that has it', async (t) => {
  const candidates = [
    stored('ETag', 'W/"a"', 'Date', date(-20)),
    stored('ETag', '"a"', 'Date', date(-10)),
    stored('ETag', 'W/"a"'),
    stored('ETag', '"b"', 'Date', date(0))
  ]
  t.same(chosen(candidates, 'ETag', 'W/"a"'), [1])
  t.same(chosen(candidates, 'ETag', 'W/"c"'), [])
})

test('a date chooses all that have it if it is a strong one, otherwise the latest', async (t) => {
  const modified = date(-30)
  const candidates = [
    stored('Last-Modified', modified, 'Date', date(-20)),
    stored('Last-Modified', modified, 'Date', date(-10)),
    stored('Last-Modified', date(-31), 'Date', date(0)),
    stored('Last-Modified', modified, 'ETag', '"x"', 'Date', date(-25))
  ]
  t.same(chosen(candidates, 'Last-Modified', modified, 'Date', date(0)), [0, 1, 3])
  t.same(chosen(candidates, 'Last-Modified', modified, 'Date', modified), [1])
  t.same(
    chosen(candidates, 'Last-Modified', modified, 'Date', date(0), 'ETag', '"y"'),
    [0, 1],
    'not another entity tag'
  )
})

test('without a validator it can only be about the only one without a validator', async (t) => {
  t.same(chosen([stored()]), [0])
  t.same(chosen([stored(), stored()]), [])
  t.same(chosen([stored('ETag', '"a"')]), [])
  t.same(chosen([stored('Last-Modified', date(-5))]), [])
  t.same(chosen([]), [])
})

test('a HEAD describes what is stored if nothing that it says differs', async (t) => {
  const response = ['ETag', '"a"', 'Last-Modified', date(0), 'Content-Length', '5']
  t.equal(agreesWithHead(response, []), true)
  t.equal(agreesWithHead(response, ['etag', '"a"', 'X', '1']), true)
  t.equal(agreesWithHead(response, response), true)
  t.equal(agreesWithHead(response, ['ETag', '"b"']), false)
  t.equal(agreesWithHead(response, ['Content-Length', '6']), false)
  t.equal(agreesWithHead([], ['Last-Modified', date(0)]), false)
})
