import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { Http2Client } from '../fixtures/tls-client.ts'
import { until } from '../fixtures/until.ts'

const generic = ['--profile', 'generic']
const whole = packets(100)

/** Answers as a server of files does: the range that is asked for, under that entity-tag. */
function serve(exchange: Exchange, etag = '"1"', bytes = whole): void {
  const fields = ['Cache-Control', 'max-age=60', 'ETag', etag]
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(exchange.field('range') ?? '') ?? []
  const ifRange = exchange.field('if-range')
  if (first === undefined || (ifRange !== undefined && ifRange !== etag))
    return exchange.answer(200, fields, bytes)
  const end = last === '' ? bytes.length - 1 : Number(last)
  const range = ['Content-Range', `bytes ${first}-${end}/${bytes.length}`]
  exchange.answer(206, [...fields, ...range], bytes.subarray(Number(first), end + 1))
}

const range = (value: string) => ({ fields: ['Range', `bytes=${value}`] })

test('ranges are answered from a whole body, whichever they are', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/film', (exchange) => serve(exchange))
  await ask(edge.address, '/film')
  for (const [asked, start, end] of [
    ['0-9', 0, 10],
    ['188-', 188, whole.length],
    ['-5', whole.length - 5, whole.length]
  ] as const) {
    const answer = await ask(edge.address, '/film', range(asked))
    t.equal(answer.status, 206, asked)
    t.same(answer.body, whole.subarray(start, end))
    t.equal(answer.field('content-range'), `bytes ${start}-${end - 1}/${whole.length}`)
  }
  t.equal((await ask(edge.address, '/film', range('99999-'))).status, 416)
  const other = { fields: ['Range', 'bytes=0-9', 'If-Range', '"2"'] }
  t.equal((await ask(edge.address, '/film', other)).status, 200, 'the client has another version')
  t.equal(origin.requests.length, 1)
})

test('a part is stored, and answers what lies within it', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/film', (exchange) => serve(exchange))
  const first = await ask(edge.address, '/film', range('1000-1999'))
  t.equal(first.status, 206)
  t.equal(first.field('content-range'), `bytes 1000-1999/${whole.length}`)
  const within = await ask(edge.address, '/film', range('1500-1599'))
  t.equal(within.status, 206)
  t.same(within.body, whole.subarray(1500, 1600))
  t.equal(within.field('content-range'), `bytes 1500-1599/${whole.length}`)
  t.match(within.field('cache-status'), /^edge; hit/)
  t.equal(origin.requests.length, 1)
  await ask(edge.address, '/film', range('1500-2500'))
  t.equal(origin.requests.length, 2, 'what sticks out is asked for')
})

test('parts that touch become one, and all of them the whole', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/film', (exchange) => serve(exchange))
  const middle = Math.floor(whole.length / 2)
  await ask(edge.address, '/film', range(`${middle}-`))
  await ask(edge.address, '/film', range(`0-${middle + 9}`))
  const all = await ask(edge.address, '/film')
  t.equal(all.status, 200)
  t.same(all.body, whole)
  t.match(all.field('cache-status'), /^edge; hit/)
  t.equal(origin.requests.length, 2)
  await until('the parts are not held beside it', () => edge.read().heldBytes < whole.length + 65_536)
})

test('what is missing of the whole is asked for, and put to what is there', async (t) => {
  for (const [stored, rest] of [
    ['0-9999', `bytes=10000-`],
    ['10000-', 'bytes=0-9999']
  ] as const) {
    const origin = await ScriptedOrigin.start(t)
    const edge = await edgeBefore(t, origin, generic)
    origin.on('/film', (exchange) => serve(exchange))
    await ask(edge.address, '/film', range(stored))
    const all = await ask(edge.address, '/film')
    t.equal(all.status, 200)
    t.same(all.body, whole, stored)
    t.equal(all.field('content-range'), undefined)
    const [, asked] = origin.requests
    t.equal(asked?.field('range'), rest)
    t.equal(asked?.field('if-range'), '"1"')
    t.match((await ask(edge.address, '/film')).field('cache-status'), /^edge; hit/)
    t.same((await ask(edge.address, '/film')).body, whole)
  }
})

test('old and new bytes never mix: a part of another version is not completed', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/film', (exchange) => serve(exchange))
  await ask(edge.address, '/film', range('0-9999'))
  const other = packets(100, 2)
  origin.on('/film', (exchange) => serve(exchange, '"2"', other))
  const all = await ask(edge.address, '/film')
  t.equal(all.status, 200)
  t.same(all.body, other)
  // An origin that does not mind If-Range: its rest is of another version, too.
  origin.on('/careless', (exchange) => serve(exchange))
  await ask(edge.address, '/careless', range('0-9999'))
  origin.on('/careless', (exchange) => {
    if (exchange.field('range') === undefined) return serve(exchange, '"2"', other)
    const bytes = other.subarray(10_000)
    const content = `bytes 10000-${other.length - 1}/${other.length}`
    exchange.answer(206, ['Cache-Control', 'max-age=60', 'ETag', '"2"', 'Content-Range', content], bytes)
  })
  t.same((await ask(edge.address, '/careless')).body, other)
})

test('whoever asks for the same range at once costs one request', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const asked = origin.next('/film')
  const crowd = Array.from({ length: 10 }, () => ask(edge.address, '/film', range('0-999')))
  const exchange = await asked
  await until('everybody waits', () => edge.read().connections === 10)
  origin.on('/film', (exchange) => serve(exchange))
  serve(exchange)
  for (const { status, body } of await Promise.all(crowd)) {
    t.equal(status, 206)
    t.same(body, whole.subarray(0, 1000))
  }
  t.equal(origin.requests.length, 1)
})

test('over HTTP/2 it is all the same: whole, in part, in codings, without a body', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, generic)
  const client = await Http2Client.to(edge.address, { ca: edge.authority.pem })
  t.teardown(() => client.close())
  origin.on('/film', (exchange) => {
    exchange.begin(103, ['Link', '</a.css>; rel=preload'])
    serve(exchange)
  })
  origin.on('/page', (exchange) =>
    exchange.answer(
      200,
      ['Cache-Control', 'max-age=60', 'Content-Type', 'text/html'],
      '<p>page</p>'.repeat(90)
    )
  )
  origin.on('/none', (exchange) => exchange.answer(204, ['Cache-Control', 'max-age=60']))
  const ranged = (value: string) => client.ask('/film', { fields: ['range', `bytes=${value}`] })
  t.same((await ranged('100-199')).body, whole.subarray(100, 200))
  t.same((await ranged('150-159')).body, whole.subarray(150, 160), 'from the stored part')
  t.same((await client.ask('/film')).body, whole)
  t.equal((await client.ask('/film', { method: 'HEAD' })).fields['content-length'], String(whole.length))
  t.equal((await client.ask('/none')).status, 204)
  t.equal((await client.ask('/none')).status, 204)
  for (let coding: unknown; coding !== 'br'; )
    coding = (await client.ask('/page', { fields: ['accept-encoding', 'br'] })).fields['content-encoding']
  t.equal(origin.count('/page'), 1)
})
