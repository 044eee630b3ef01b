import { test } from 'tap'
import {
  isHeuristicallyCacheable,
  type StoringRefusal,
  storableFields,
  storingRefusal
} from '../../src/http/storing.ts'
import { governing } from '../../src/http/targeted.ts'

const base = { method: 'GET', host: 'edge.example', target: '/a', request: [] as string[], status: 200 }
type Changes = Partial<typeof base>
const refusal = (response: string[], changes: Changes = {}) =>
  storingRefusal({ ...base, ...changes, response }, governing(response))
const control = (value: string, changes: Changes = {}) => refusal(['Cache-Control', value], changes)

test('each reason not to store has its name', async (t) => {
  const table: [string, Changes, StoringRefusal | undefined][] = [
    ['max-age=60', {}, undefined],
    ['max-age=60, no-store', {}, 'no-store'],
    ['max-age=60, NO-STORE', {}, 'no-store'],
    ['max-age=60, private', {}, 'private'],
    ['max-age=60, private="x"', {}, undefined],
    ['max-age=60, no-cache', {}, undefined],
    ['max-age=60', { request: ['cache-control', 'no-store'] }, 'request-no-store'],
    ['max-age=60', { request: ['Cache-Control', 'no-cache'] }, undefined],
    ['max-age=60', { status: 103 }, 'status'],
    ['max-age=60', { status: 304 }, 'status'],
    ['max-age=60', { status: 206 }, 'partial'],
    ['max-age=60', { method: 'HEAD' }, 'method'],
    ['max-age=60', { method: 'DELETE' }, 'method']
  ]
  for (const [value, changes, reason] of table)
    t.equal(control(value, changes), reason, `${value} ${JSON.stringify(changes)}`)
  t.equal(refusal(['Cache-Control', 'max-age=60', 'Vary', 'a', 'vary', '*']), 'vary')
})

test('an answer to someone in particular needs leave to be shared', async (t) => {
  const request = ['Authorization', 'Basic x']
  t.equal(control('max-age=60', { request }), 'authorization')
  for (const leave of ['public', 'must-revalidate', 's-maxage=60'])
    t.equal(control(`max-age=60, ${leave}`, { request }), undefined, leave)
})

test('statuses of every kind are stored when they say for how long, others only by their nature', async (t) => {
  for (const status of [
    200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599
  ]) {
    t.equal(control('max-age=60', { status }), undefined, `${status} max-age`)
    t.equal(control('s-maxage=60', { status }), undefined, `${status} s-maxage`)
    t.equal(control('public', { status }), undefined, `${status} public`)
    t.equal(refusal(['Expires', '0'], { status }), undefined, `${status} Expires`)
    t.equal(
      refusal([], { status }),
      isHeuristicallyCacheable(status) ? undefined : 'not-cacheable',
      `${status}`
    )
  }
  t.equal(isHeuristicallyCacheable(404), true)
  for (const status of [201, 202, 206, 302, 403, 502, 503, 504, 599])
    t.equal(isHeuristicallyCacheable(status), false, `${status}`)
})

test('must-understand overrules no-store for a status that is understood and forbids all others', async (t) => {
  t.equal(control('max-age=60, no-store, must-understand'), undefined)
  t.equal(control('max-age=60, must-understand', { status: 599 }), 'status')
  t.equal(control('max-age=60, no-store, must-understand', { status: 299 }), 'status')
})

test('a targeted field decides alone, Expires beside it counts for nothing', async (t) => {
  t.equal(refusal(['CDN-Cache-Control', 'max-age=60', 'Cache-Control', 'no-store, private']), undefined)
  t.equal(refusal(['CDN-Cache-Control', 'private', 'Cache-Control', 'max-age=60']), 'private')
  t.equal(refusal(['CDN-Cache-Control', 'foo', 'Expires', '0'], { status: 302 }), 'not-cacheable')
})

test('a POST is stored when it says for how long and that it is what a GET would give', async (t) => {
  const fresh = ['Cache-Control', 'max-age=60']
  const post = (response: string[]) => refusal(response, { method: 'POST' })
  t.equal(post(fresh), 'method')
  t.equal(post([...fresh, 'Content-Location', '/a']), undefined)
  t.equal(post([...fresh, 'Content-Location', 'http://edge.example/a']), undefined)
  t.equal(post([...fresh, 'Content-Location', '/b']), 'method')
  t.equal(post([...fresh, 'Content-Location', 'http://other.example/a']), 'method')
  t.equal(post(['Content-Location', '/a']), 'method')
})

test('fields that are not for all, or for this connection only, are not stored', async (t) => {
  const response = [
    'Cache-Control',
    'private="set-cookie", no-cache="X-A, x-b", max-age=60',
    'Set-Cookie',
    'a',
    'X-A',
    '1',
    'X-B',
    '2',
    'X-C',
    'x-a',
    'Connection',
    'x-d',
    'X-D',
    '4',
    'set-cookie',
    'b'
  ]
  t.same(storableFields(response, governing(response)), [...response.slice(0, 2), 'X-C', 'x-a'])
  t.same(storableFields(['X-A', '1'], governing(['X-A', '1'])), ['X-A', '1'])
})
