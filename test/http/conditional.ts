import { test } from 'tap'
import { type Conditions, ifRangeHolds, type Precondition, precondition } from '../../src/http/conditional.ts'
import { formatHttpDate } from '../../src/http/date.ts'

const now = Date.UTC(2026, 5, 1)
const modified = now - 60_000
const at = (offset: number) => formatHttpDate(modified + offset)
const both = { etag: '"a"', lastModified: modified, date: now }

test('If-None-Match compares weakly', async (t) => {
  const table: [string, string | undefined, Precondition][] = [
    ['"a"', '"a"', 'not-modified'],
    ['W/"a"', '"a"', 'not-modified'],
    ['"a"', 'W/"a"', 'not-modified'],
    ['W/"a"', 'W/"a"', 'not-modified'],
    ['"b", "a"', '"a"', 'not-modified'],
    ['"b,a", "c"', '"a"', 'proceed'],
    ['*', '"a"', 'not-modified'],
    ['*', undefined, 'not-modified'],
    ['"b"', '"a"', 'proceed'],
    ['"A"', '"a"', 'proceed'],
    ['w/"a"', '"a"', 'proceed'],
    ['"a"', undefined, 'proceed'],
    ['', '"a"', 'proceed']
  ]
  for (const [ifNoneMatch, etag, outcome] of table)
    t.equal(
      precondition('GET', { ifNoneMatch }, { etag, lastModified: undefined }, now),
      outcome,
      `${ifNoneMatch} ${etag}`
    )
})

test('If-Match compares strongly', async (t) => {
  const table: [string, string | undefined, Precondition][] = [
    ['"a"', '"a"', 'proceed'],
    ['"b", "a"', '"a"', 'proceed'],
    ['*', undefined, 'proceed'],
    ['W/"a"', 'W/"a"', 'failed'],
    ['W/"a"', '"a"', 'failed'],
    ['"b"', '"a"', 'failed'],
    ['"a"', undefined, 'failed']
  ]
  for (const [ifMatch, etag, outcome] of table)
    t.equal(
      precondition('GET', { ifMatch }, { etag, lastModified: undefined }, now),
      outcome,
      `${ifMatch} ${etag}`
    )
})

test('dates are compared with Last-Modified and ignored when they are none', async (t) => {
  const table: [Conditions, Precondition][] = [
    [{ ifModifiedSince: at(0) }, 'not-modified'],
    [{ ifModifiedSince: at(1000) }, 'not-modified'],
    [{ ifModifiedSince: at(-1000) }, 'proceed'],
    [{ ifModifiedSince: 'yesterday' }, 'proceed'],
    [{ ifUnmodifiedSince: at(0) }, 'proceed'],
    [{ ifUnmodifiedSince: at(-1000) }, 'failed'],
    [{ ifUnmodifiedSince: 'yesterday' }, 'proceed']
  ]
  for (const [conditions, outcome] of table)
    t.equal(precondition('GET', conditions, both, now), outcome, JSON.stringify(conditions))
})

test('without Last-Modified the Date answers If-Modified-Since, and nothing If-Unmodified-Since', async (t) => {
  const dated = { etag: undefined, lastModified: undefined, date: modified }
  t.equal(precondition('GET', { ifModifiedSince: at(0) }, dated, now), 'not-modified')
  t.equal(precondition('GET', { ifModifiedSince: at(-1000) }, dated, now), 'proceed')
  t.equal(precondition('GET', { ifUnmodifiedSince: at(-1000) }, dated, now), 'proceed')
  const bare = { etag: undefined, lastModified: undefined }
  t.equal(precondition('GET', { ifModifiedSince: at(0) }, bare, now), 'proceed')
})

test('entity tags go before dates, and If-Match before all', async (t) => {
  const table: [Conditions, Precondition][] = [
    [{ ifNoneMatch: '"b"', ifModifiedSince: at(0) }, 'proceed'],
    [{ ifNoneMatch: '"a"', ifModifiedSince: at(-1000) }, 'not-modified'],
    [{ ifMatch: '"a"', ifUnmodifiedSince: at(-1000) }, 'proceed'],
    [{ ifMatch: '"b"', ifUnmodifiedSince: at(0) }, 'failed'],
    [{ ifMatch: '"b"', ifNoneMatch: '"a"' }, 'failed'],
    [{ ifMatch: '"a"', ifNoneMatch: '"a"' }, 'not-modified'],
    [{ ifUnmodifiedSince: at(-1000), ifModifiedSince: at(0) }, 'failed']
  ]
  for (const [conditions, outcome] of table)
    t.equal(precondition('GET', conditions, both, now), outcome, JSON.stringify(conditions))
})

test('only GET and HEAD can be "not modified"', async (t) => {
  t.equal(precondition('HEAD', { ifNoneMatch: '"a"' }, both, now), 'not-modified')
  t.equal(precondition('PUT', { ifNoneMatch: '"a"' }, both, now), 'failed')
  t.equal(precondition('PUT', { ifNoneMatch: '"b"' }, both, now), 'proceed')
  t.equal(precondition('PUT', { ifModifiedSince: at(0) }, both, now), 'proceed')
  t.equal(precondition('GET', {}, both, now), 'proceed')
})

test('If-Range holds for the same strong entity tag only', async (t) => {
  const holds = (ifRange: string | undefined, etag: string | undefined) =>
    ifRangeHolds(ifRange, { etag, lastModified: undefined }, now)
  t.equal(holds(undefined, undefined), true)
  t.equal(holds('"a"', '"a"'), true)
  t.equal(holds('"b"', '"a"'), false)
  t.equal(holds('W/"a"', 'W/"a"'), false)
  t.equal(holds('W/"a"', '"a"'), false)
  t.equal(holds('"a"', undefined), false)
})

test('If-Range holds for a date only if it is Last-Modified exactly and a second older than Date', async (t) => {
  const holds = (ifRange: string, date: number | undefined) =>
    ifRangeHolds(ifRange, { etag: '"a"', lastModified: modified, date }, now)
  t.equal(holds(at(0), modified + 1000), true)
  t.equal(holds(at(1000), modified + 5000), false, 'later')
  t.equal(holds(at(-1000), modified + 5000), false, 'earlier')
  t.equal(holds(at(0), modified + 999), false, 'changed within the second')
  t.equal(holds(at(0), undefined), false)
  t.equal(holds('nonsense', now), false)
  t.equal(ifRangeHolds(at(0), { etag: undefined, lastModified: undefined, date: now }, now), false)
})
