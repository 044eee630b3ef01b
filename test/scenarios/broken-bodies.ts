import { type Test, test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const target = '/hls/0/stream-abcdefghi-7.ts'
const media = packets(1000)
const length = ['Content-Length', String(media.length)]

/** A segment is asked for once; what the origin does to it is the case. Time flies until the client has its answer. */
async function broken(t: Test, script: (exchange: Exchange) => void, name = target) {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  origin.on(name, script)
  const answer = clock.passUntil(ask(edge.address, name))
  await answer
  await until('the fetch is over', () => edge.read().fills === 0)
  await until('nothing is held any more', () => edge.read().heldBytes === 0)
  return { origin, clock, edge, answer }
}

const cutOff: Record<string, (exchange: Exchange) => void> = {
  'with a stated length': (exchange) => {
    exchange.begin(200, length)
    exchange.send(media.subarray(0, 100_000))
    exchange.end()
  },
  'in chunks, within a packet': (exchange) => {
    exchange.begin(200, ['Transfer-Encoding', 'chunked'])
    exchange.send(`${(188 * 10 + 5).toString(16)}\r\n`)
    exchange.send(media.subarray(0, 188 * 10 + 5))
    exchange.send('\r\n0\r\n\r\n')
    exchange.done()
  },
  'in chunks, before the last': (exchange) => {
    exchange.begin(200, ['Transfer-Encoding', 'chunked'])
    exchange.send(`${(1880).toString(16)}\r\n`)
    exchange.send(media.subarray(0, 1880))
    exchange.break()
  },
  'until the end of the connection, within a packet': (exchange) => {
    exchange.begin(200, [])
    exchange.send(media.subarray(0, 1000))
    exchange.end()
  },
  'after a packet that is none': (exchange) => {
    const spoilt = Buffer.from(media)
    spoilt[188 * 700] = 0x48
    exchange.answer(200, [], spoilt)
  }
}

for (const [how, cut] of Object.entries(cutOff)) {
  test(`a segment that is cut off ${how} never poses as complete and is not stored`, async (t) => {
    const { origin, edge, answer, clock } = await broken(t, (exchange) =>
      exchange.field('range') === undefined ? cut(exchange) : exchange.answer(404)
    )
    const got = await answer
    t.equal(got.status, 200)
    t.notOk(got.isComplete, 'the client sees that it is not all')
    t.same(got.body, media.subarray(0, got.body.length), 'and what came is right')
    t.equal(edge.read().storedResponses, 0)
    t.equal(edge.read().fillsBroken, 1)
    origin.on(target, (exchange) => exchange.answer(200, [], media))
    clock.pass(1)
    t.same((await ask(edge.address, target)).body, media, 'the next request tries again')
  })
}

test('a body that breaks off is gone on with from the byte where it broke off', async (t) => {
  const validator = ['Last-Modified', 'Wed, 01 Oct 2025 10:00:00 GMT']
  const { origin, answer } = await brokenOff(t, validator, (exchange) => {
    const rest = media.subarray(100_000)
    const range = `bytes 100000-${media.length - 1}/${media.length}`
    exchange.answer(206, [...validator, 'Content-Range', range], rest)
  })
  const got = await answer
  t.ok(got.isComplete)
  t.ok(got.body.equals(media))
  t.equal(origin.count(target), 2)
  t.equal(origin.requests[1]?.field('range'), 'bytes=100000-')
  t.equal(origin.requests[1]?.field('if-range'), validator[1])
})

test('old and new bytes of one name never mix when a body is gone on with', async (t) => {
  const other = ['Last-Modified', 'Wed, 01 Oct 2025 10:00:05 GMT']
  const rest = media.subarray(100_000)
  const range = `bytes 100000-${media.length - 1}/${media.length}`
  const changed: Record<string, (exchange: Exchange) => void> = {
    'another time': (exchange) => exchange.answer(206, [...other, 'Content-Range', range], rest),
    'another length': (exchange) => exchange.answer(200, [], packets(1001)),
    'another place': (exchange) =>
      exchange.answer(206, ['Content-Range', `bytes 99999-${media.length - 1}/${media.length}`], rest)
  }
  for (const [what, script] of Object.entries(changed)) {
    const { answer, edge } = await brokenOff(t, ['Last-Modified', 'Wed, 01 Oct 2025 10:00:00 GMT'], script)
    const got = await answer
    t.notOk(got.isComplete, what)
    t.same(got.body, media.subarray(0, 100_000), what)
    t.equal(edge.read().storedResponses, 0)
  }
})

/** The connection breaks after 100 000 bytes; the answer to the request for the rest is the case. */
async function brokenOff(t: Test, fields: readonly string[], rest: (exchange: Exchange) => void) {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(target, (exchange) => {
    if (exchange.field('range') !== undefined) return rest(exchange)
    exchange.begin(200, [...fields, ...length])
    exchange.send(media.subarray(0, 100_000))
    exchange.end()
  })
  const answer = ask(edge.address, target)
  await answer
  await until('the fetch is over', () => edge.read().fills === 0)
  return { origin, edge, answer }
}

test('a half-written segment is asked for again, and then it is whole', async (t) => {
  for (const bytes of [Buffer.alloc(0), media.subarray(0, 1000)]) {
    const origin = await ScriptedOrigin.start(t)
    const edge = await edgeBefore(t, origin)
    origin.on(target, (exchange) => exchange.answer(200, [], origin.count(target) < 3 ? bytes : media))
    const got = await ask(edge.address, target)
    t.same([got.status, got.isComplete], [200, true])
    t.ok(got.body.equals(media))
    t.equal(origin.count(target), 3)
    t.equal(edge.read().storedResponses, 1)
  }
})

test('a segment that stays half-written is an error that any site may read, not a segment', async (t) => {
  const { answer, edge, origin } = await broken(t, (exchange) => exchange.answer(200, [], 'half'))
  const got = await answer
  t.equal(got.status, 502)
  t.equal(got.field('access-control-allow-origin'), '*')
  t.equal(got.field('cache-control'), 'no-store')
  t.match(JSON.parse(got.body.toString()), { code: 'unusable' })
  t.equal(edge.read().storedResponses, 0)
  t.ok(origin.count(target) > 1)
})

test('a fragment that is shorter than stated never poses as complete', async (t) => {
  const name = '/hls/0/stream-abcdefghi-7.m4s'
  const { answer, edge } = await broken(
    t,
    (exchange) => {
      if (exchange.field('range') !== undefined) return exchange.answer(404)
      exchange.begin(200, ['Content-Length', '1000'])
      exchange.send(Buffer.alloc(999))
      exchange.end()
    },
    name
  )
  t.notOk((await answer).isComplete)
  t.equal(edge.read().storedResponses, 0)
})
