import { test } from 'tap'
import { BlockPool, Body } from '../../../src/body.ts'
import { completing, gapOf, joined } from '../../../src/keeper/shared/completion.ts'
import { type Kept, resource } from '../../../src/keeper/shared/kept.ts'

const pool = new BlockPool(1e6)
const all = '0123456789'
const life = { bornAt: 0, freshUntil: 1, revalidateUntil: 1, staleUntil: 1, mustRevalidate: false }

/** The stored bytes of ten from `first` up to `end`. */
function part(first: number, end: number, etag: string | undefined = '"1"', total = 10): Kept {
  const body = Body.of(pool, Buffer.from(all.slice(first, end)))
  return {
    ...{ base: '/a', key: '/a #1', rule: resource, status: 206, fields: [], body, length: body.length },
    ...{ etag, lastModified: undefined, date: undefined, life, ...life },
    ...{ variant: { selecting: new Map(), language: undefined }, extent: { first, total } }
  }
}

test('what misses one end is completed by one request, under its strong validator', (t) => {
  t.same(gapOf(part(0, 4))?.fields, ['Range', 'bytes=4-', 'If-Range', '"1"'])
  t.same(gapOf(part(6, 10))?.fields, ['Range', 'bytes=0-5', 'If-Range', '"1"'])
  t.equal(gapOf(part(2, 8)), undefined, 'both ends are missing')
  t.equal(gapOf(part(0, 4, 'W/"1"')), undefined, 'a weak one')
  t.equal(gapOf({ ...part(0, 4), etag: undefined }), undefined)
  t.end()
})

test('only the rest that was asked for completes it', (t) => {
  const gap = gapOf(part(0, 4))!
  const rest = (range: string, etag = '"1"') => ['Content-Range', `bytes ${range}`, 'ETag', etag]
  t.ok(completing(gap, 206, rest('4-9/10')))
  for (const [why, status, fields] of [
    ['another status', 200, rest('4-9/10')],
    ['another version', 206, rest('4-9/10', '"2"')],
    ['too late', 206, rest('5-9/10')],
    ['not all', 206, rest('4-8/10')],
    ['of another whole', 206, rest('4-10/11')],
    ['no range', 206, ['ETag', '"1"']]
  ] as const)
    t.notOk(completing(gap, status, fields), why)
  t.end()
})

test('parts that touch or overlap are one; others are not', (t) => {
  const bytes = (one: Kept, other: Kept) => joined(one, other)?.bytes.toString()
  t.equal(bytes(part(0, 4), part(4, 6)), '012345')
  t.equal(bytes(part(4, 6), part(0, 5)), '012345')
  t.equal(bytes(part(2, 9), part(3, 5)), '2345678', 'one within the other')
  t.equal(bytes(part(0, 3), part(4, 6)), undefined)
  t.equal(bytes(part(0, 4), part(4, 6, '"2"')), undefined)
  t.equal(bytes(part(0, 4), part(4, 6, '"1"', 11)), undefined)
  t.end()
})
