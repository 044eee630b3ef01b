import { test } from 'tap'
import { type Ask, ask, readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { chunkOf, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const target = '/hls/0/stream-abcdefghi-7.ts'
const media = packets(2000)
const sent = ['Content-Type', 'application/octet-stream', 'Cache-Control', 'public, max-age=31557600']

test('a crowd that asks for a new segment at once costs the origin one request', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(target)
  const crowd = Array.from({ length: 50 }, (_, i) => ask(edge.address, `${target}?cachebust=${i}`))
  const exchange = await asked
  await until('everybody waits', () => edge.read().connections === 50)
  exchange.answer(200, sent, media)
  const answers = await Promise.all(crowd)
  t.equal(origin.requests.length, 1)
  t.ok(
    answers.every(({ status, body }) => status === 200 && body.equals(media)),
    'with the right bytes'
  )
  const collapsed = answers.filter((answer) => answer.field('cache-status')?.includes('; collapsed'))
  t.equal(collapsed.length, 49, 'and all but one are told so')
  const after = await ask(edge.address, target)
  t.match(after.field('cache-status'), /^edge; hit; ttl=\d+$/)
  t.equal(origin.requests.length, 1, 'whoever comes later is answered from memory')
})

test('a segment is sent while it arrives, and late joiners get what is there at once', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(target)
  const first = await Wire.to(edge.address)
  first.write(requestBytes(target))
  const exchange = await asked
  exchange.begin(200, [...sent, 'Content-Length', String(media.length)])
  t.equal((await readAnswerHead(first)).status, 200, 'the head comes before the first byte')
  exchange.send(media.subarray(0, 100_000))
  t.same(await first.read(100_000), media.subarray(0, 100_000))
  const late = await Wire.to(edge.address)
  late.write(requestBytes(target))
  t.equal((await readAnswerHead(late)).status, 200)
  t.same(await late.read(100_000), media.subarray(0, 100_000), 'while the origin sends nothing more')
  exchange.send(media.subarray(100_000))
  exchange.done()
  for (const wire of [first, late]) {
    t.same(await wire.read(media.length - 100_000), media.subarray(100_000))
    wire.destroy()
  }
  t.equal(origin.requests.length, 1)
})

test('the fetch goes on when its first client leaves', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(target)
  const first = await Wire.to(edge.address)
  first.write(requestBytes(target))
  const exchange = await asked
  exchange.begin(200, [...sent, 'Content-Length', String(media.length)])
  exchange.send(media.subarray(0, 1000))
  await readAnswerHead(first)
  first.destroy()
  await until('the edge has noticed', () => edge.read().connections === 0)
  exchange.send(media.subarray(1000))
  exchange.done()
  await until('the segment is stored', () => edge.read().storedResponses === 1)
  t.same((await ask(edge.address, target)).body, media)
  t.equal(origin.requests.length, 1)
})

test('the fetch goes on when its only client leaves before the head has come', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(target)
  const first = await Wire.to(edge.address)
  first.write(requestBytes(target))
  const exchange = await asked
  first.destroy()
  await until('the edge has noticed', () => edge.read().connections === 0)
  exchange.answer(200, sent, media)
  await until('the segment is stored', () => edge.read().storedResponses === 1)
  await until('no fetch is left', () => edge.read().fills === 0)
})

test('the origin is asked for the plain bytes, in the name of the viewer, and for nothing of the client', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(target, (exchange) => exchange.answer(200, sent, media))
  const edge = await edgeBefore(t, origin)
  const fields = [
    'User-Agent',
    'VLC/3.0',
    'Accept-Encoding',
    'br, gzip',
    'Range',
    'bytes=0-99',
    'Cookie',
    'a=b'
  ]
  const { status, body } = await ask(edge.address, target, {
    fields: [...fields, 'X-Forwarded-For', '6.6.6.6', 'If-None-Match', '"x"', 'X-Anything', '1']
  })
  t.equal(status, 206)
  t.same(body, media.subarray(0, 100))
  const { fields: got } = origin.requests[0]!.head
  const expected = ['host', new URL(origin.address).host, 'Accept', '*/*', 'Accept-Encoding', 'identity']
  const sentOn = [...expected, 'User-Agent', 'VLC/3.0', 'X-Forwarded-For', '127.0.0.1']
  t.same(
    got.filter((_, i) => !/connection/i.test(got[i - (i % 2)]!)),
    sentOn
  )
})

test('a segment is sent as what it is: its type, its length, ranges, and readable by any site', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [...sent, 'Vary', 'Accept-Encoding'], media))
  origin.on(/\.m4s$/, (exchange) => exchange.answer(200, sent, 'fragment'))
  const edge = await edgeBefore(t, origin)
  for (const how of ['fetched', 'stored']) {
    const answer = await ask(edge.address, target)
    t.equal(answer.field('content-type'), 'video/mp2t', how)
    t.equal(answer.field('content-length'), String(media.length), how)
    t.equal(answer.field('accept-ranges'), 'bytes', how)
    t.equal(answer.field('access-control-allow-origin'), '*', how)
    t.equal(answer.field('cache-control'), 'public, max-age=31557600', how)
    t.equal(answer.field('vary'), undefined, how)
  }
  const fragment = await ask(edge.address, '/hls/0/stream-abcdefghi-7.m4s')
  t.equal(fragment.field('content-type'), 'video/mp4')
})

test('names that repeat are asked for again with their validator, and clients may keep them for seconds only', async (t) => {
  const names = ['/hls/0/offline.ts', '/hls/0/stream-offline-0.ts', '/hls/0/init_0.mp4', '/hls/offline-v2.ts']
  const modified = 'Wed, 01 Oct 2025 10:00:00 GMT'
  for (const name of names) {
    const clock = new ManualClock()
    const origin = await ScriptedOrigin.start(t)
    const edge = await edgeBefore(t, origin, [], clock)
    const get = (options: Ask = {}) => ask(edge.address, name, options)
    origin.on(name, (exchange) => exchange.answer(200, [...sent, 'Last-Modified', modified], packets(2)))
    t.equal((await get()).field('cache-control'), 'public, max-age=5', name)
    clock.pass(4900)
    t.match((await get()).field('cache-status'), 'edge; hit', name)
    t.equal(origin.count(name), 1, name)
    clock.pass(200)
    origin.on(name, (exchange) => exchange.answer(304, ['Last-Modified', modified]))
    const renewed = await get()
    t.same([renewed.status, renewed.body], [200, packets(2)], name)
    t.equal(origin.to(name).at(-1)?.field('if-modified-since'), modified, name)
    t.match((await get()).field('cache-status'), 'edge; hit', 'a 304 makes it fresh again')
    clock.pass(5100)
    origin.on(name, (exchange) => exchange.answer(200, sent, packets(3, 5)))
    t.same((await get()).body, packets(3, 5), 'other bytes under the same name replace it')
    t.equal(origin.count(name), 3, name)
  }
})

test('one connection carries many answers, pipelined ones in their order', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/\.ts$/, (exchange) =>
    exchange.answer(200, sent, packets(50, Number(/(\d+)\.ts/.exec(exchange.target)![1])))
  )
  const edge = await edgeBefore(t, origin)
  const wire = await Wire.to(edge.address)
  const names = Array.from({ length: 20 }, (_, i) => `/hls/0/stream-abcdefghi-${i % 5}.ts`)
  wire.write(Buffer.concat(names.map((name) => requestBytes(name))))
  for (const [i] of names.entries()) t.ok((await readAnswer(wire)).body.equals(packets(50, i % 5)), `${i}`)
  t.equal(origin.requests.length, 5)
  wire.destroy()
})

test('fields of the origin come through byte for byte, on the way into the store and from it', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const fields = [
    'X-Latin',
    'caf\xe9',
    'X-Utf8',
    '\xe6\x97\xa5',
    'X-Twice',
    'a',
    'X-Twice',
    'b, c',
    'X-Empty',
    ''
  ]
  origin.on(target, (exchange) => exchange.answer(200, fields, media))
  const edge = await edgeBefore(t, origin)
  const wire = await Wire.to(edge.address)
  for (const how of ['fetched', 'stored', 'stored again', 'and again']) {
    wire.write(requestBytes(target))
    const answer = await readAnswer(wire)
    t.equal(answer.field('x-latin'), 'caf\xe9', how)
    t.equal(answer.field('x-utf8'), '\xe6\x97\xa5', how)
    t.same(answer.lines('x-twice'), ['a', 'b, c'], how)
    t.same(answer.lines('x-empty'), [''], how)
    t.ok(answer.body.equals(media), how)
  }
  wire.destroy()
})

test('a body without a length is sent on in whatever pieces it comes', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(target)
  const client = await Wire.to(edge.address)
  client.write(requestBytes(target))
  const exchange = await asked
  exchange.begin(200, ['Transfer-Encoding', 'chunked'])
  const body = packets(2000)
  let at = 0
  // Around the blocks of 64 KB that bodies are kept in, where one piece is written as two.
  for (const size of [61_000, 17_000, 45_000, 15_000, 60_000, 12_000, 65_536, 100_464]) {
    exchange.send(chunkOf(body.subarray(at, at + size)))
    at += size
    await until(`the client has ${at} bytes`, () => client.received > at)
  }
  client.destroy()
})
