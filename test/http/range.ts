import fc from 'fast-check'
import { test } from 'tap'
import { contentRange, parseRange, selectRange, unsatisfiedRange } from '../../src/http/range.ts'

const select = (header: string, length: number) => selectRange(parseRange(header), length)

test('a single byte range is cut to the body', async (t) => {
  t.same(select('bytes=0-0', 10), { kind: 'part', start: 0, end: 0 })
  t.same(select('bytes=2-5', 10), { kind: 'part', start: 2, end: 5 })
  t.same(select('bytes=2-', 10), { kind: 'part', start: 2, end: 9 })
  t.same(select('bytes=2-999', 10), { kind: 'part', start: 2, end: 9 })
  t.same(select('bytes=-3', 10), { kind: 'part', start: 7, end: 9 })
  t.same(select('bytes=-99', 10), { kind: 'part', start: 0, end: 9 })
  t.same(select('bytes=0-', 10), { kind: 'part', start: 0, end: 9 })
  t.same(
    select('BYTES=, 2-5 ,', 10),
    { kind: 'part', start: 2, end: 5 },
    'unit in any case, empty list members'
  )
})

test('an open-ended LL-HLS hint of 2^53-1 bytes is cut to the body', async (t) => {
  t.same(select(`bytes=5-${2 ** 53 - 1}`, 10), { kind: 'part', start: 5, end: 9 })
  t.same(select(`bytes=5-${'9'.repeat(400)}`, 10), { kind: 'part', start: 5, end: 9 })
})

test('a range outside of the body is unsatisfiable', async (t) => {
  for (const header of ['bytes=10-', 'bytes=10-20', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])
    t.same(select(header, 10), { kind: 'unsatisfiable' }, header)
})

test('of an empty body every offset is unsatisfiable, and a suffix is the whole of it', async (t) => {
  t.same(select('bytes=0-', 0), { kind: 'unsatisfiable' })
  t.same(select('bytes=0-0', 0), { kind: 'unsatisfiable' })
  t.same(select('bytes=-5', 0), { kind: 'whole' })
  t.same(select('bytes=-0', 0), { kind: 'unsatisfiable' })
})

test('what is no single byte range is ignored and the whole is sent', async (t) => {
  const ignored = [
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=1-2,4-5',
    'bytes=0-0,-1',
    'items=0-1',
    'bytes 0-1',
    'bytes=1',
    'bytes=+1-2',
    'bytes=1.0-2',
    'bytes=1 - 2',
    'bytes=--1',
    'bytes =1-2',
    'bytes=0x1-0x2'
  ]
  for (const header of ignored) t.same(select(header, 10), { kind: 'whole' }, header)
  t.same(selectRange(parseRange(undefined), 10), { kind: 'whole' })
})

test('a part always lies within its body and starts where it was asked to', async (t) => {
  const bytes = fc.nat({ max: 50 })
  fc.assert(
    fc.property(bytes, fc.option(bytes, { nil: undefined }), bytes, (first, last, length) => {
      const range = select(`bytes=${first}-${last ?? ''}`, length)
      if (range.kind !== 'part') return true
      return (
        range.start === first &&
        range.end >= range.start &&
        range.end < length &&
        range.end <= (last ?? length)
      )
    })
  )
  t.pass()
})

test('Content-Range tells the part and the whole', async (t) => {
  t.equal(contentRange(0, 4, 10), 'bytes 0-4/10')
  t.equal(contentRange(0, 4, undefined), 'bytes 0-4/*')
  t.equal(unsatisfiedRange(10), 'bytes */10')
})
