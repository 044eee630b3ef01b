import { type Test, test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const target = '/hls/0/stream-abcdefghi-7.ts'
const media = packets(3000)
const written = 'Sun, 22 Nov 2026 08:00:00 GMT'
const whole = ['Content-Length', String(media.length), 'Last-Modified', written]

/** Sends a head and the bytes from `from` up to `to`, and breaks. */
function breakAt(exchange: Exchange, from: number, to: number): void {
  if (from === 0) exchange.begin(200, whole)
  else exchange.begin(206, partOf(from))
  exchange.send(media.subarray(from, to))
  setTimeout(() => exchange.break(), 20)
}

function partOf(from: number): string[] {
  const range = `bytes ${from}-${media.length - 1}/${media.length}`
  return ['Content-Length', String(media.length - from), 'Content-Range', range, 'Last-Modified', written]
}

function firstByteOf(exchange: Exchange): number {
  return Number(/^bytes=(\d+)-$/.exec(exchange.field('range') ?? 'bytes=0-')?.[1])
}

async function before(t: Test) {
  const origin = await ScriptedOrigin.start(t)
  return { origin, edge: await edgeBefore(t, origin) }
}

test('a line that breaks three times in a segment is a pause to its viewers and costs no byte twice', async (t) => {
  const { origin, edge } = await before(t)
  origin.on(target, (exchange) => {
    const from = firstByteOf(exchange)
    const count = origin.count(target)
    if (count <= 3) breakAt(exchange, from, from + 100_000)
    else exchange.answer(206, partOf(from).slice(2), media.subarray(from))
  })
  const answers = await Promise.all([1, 2, 3].map(() => ask(edge.address, target)))
  for (const { status, body, isComplete } of answers) {
    t.equal(status, 200)
    t.ok(isComplete)
    t.same(body, media)
  }
  const requests = origin.to(target)
  t.equal(requests.length, 4)
  t.ok(
    requests.slice(1).every((exchange) => exchange.field('if-range') === written),
    'each for the same body'
  )
  t.ok(firstByteOf(requests[3] as Exchange) > 100_000, 'from the byte it has')
  t.equal(edge.read().fillsResumed, 3)
  t.equal(
    (await ask(edge.address, target)).field('cache-status')?.split(';')[1]?.trim(),
    'hit',
    'and it is stored'
  )
})

test('an origin that sends everything again is read past what is there', async (t) => {
  const { origin, edge } = await before(t)
  origin.on(target, (exchange) => {
    if (origin.count(target) === 1) breakAt(exchange, 0, 200_000)
    else exchange.answer(200, ['Last-Modified', written], media)
  })
  const { body, isComplete } = await ask(edge.address, target)
  t.ok(isComplete)
  t.same(body, media)
})

for (const [what, fields] of Object.entries({
  'another date': ['Last-Modified', 'Sun, 22 Nov 2026 08:00:09 GMT'],
  'another length': ['Last-Modified', written]
})) {
  test(`bytes of two bodies under one name never mix: the rest comes with ${what}`, async (t) => {
    const { origin, edge } = await before(t)
    const other = what === 'another length' ? packets(2000, 2) : packets(3000, 2)
    origin.on(target, (exchange) => {
      if (origin.count(target) === 1) breakAt(exchange, 0, 200_000)
      else exchange.answer(200, fields, other)
    })
    const { body, isComplete } = await ask(edge.address, target)
    t.notOk(isComplete, 'the client sees that it broke')
    t.same(body, media.subarray(0, body.length), 'and has nothing of the other')
    t.equal(edge.read().storedResponses, 0)
  })
}

test('a body that starts elsewhere than asked for is refused', async (t) => {
  const { origin, edge } = await before(t)
  origin.on(target, (exchange) => {
    if (origin.count(target) === 1) breakAt(exchange, 0, 188_000)
    else exchange.answer(206, partOf(94_000).slice(2), media.subarray(94_000))
  })
  t.notOk((await ask(edge.address, target)).isComplete)
})

test('the fill goes on after its viewers have left, break or no break', async (t) => {
  const { origin, edge } = await before(t)
  origin.on(target, (exchange) => {
    const from = firstByteOf(exchange)
    if (from === 0) breakAt(exchange, 0, 100_000)
    else exchange.answer(206, partOf(from).slice(2), media.subarray(from))
  })
  void ask(edge.address, target).catch(() => {})
  await until('it is stored', () => edge.read().storedResponses === 1)
  t.same((await ask(edge.address, target)).body, media)
  await until('no fetch is left', () => edge.read().fills === 0)
})
