import { test } from 'tap'
import { fieldValue } from '../../src/http/fields.ts'
import { ask, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { chunkOf, type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const name = (i: number): string => `/hls/0/stream-abcdefghi-${i}.ts`
const numberOf = ({ target }: Exchange): number => Number(/-(\d+)\.ts/.exec(target)?.[1])
const MB = 1e6

test('bodies take no more memory than --cache-size: what was used least recently goes first', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], packets(500, numberOf(exchange))))
  const edge = await edgeBefore(t, origin, ['--cache-size', '2MB'])
  for (let i = 0; i < 60; i++) {
    const { body } = await ask(edge.address, name(i))
    t.ok(body.equals(packets(500, i)), `${i}`)
    await ask(edge.address, name(0))
    t.ok(edge.read().heldBytes <= 2 * MB, `${edge.read().heldBytes} bytes are held`)
  }
  t.ok(edge.read().evictions >= 40)
  t.equal(origin.count(name(0)), 1, 'what is used all the time stays')
  await ask(edge.address, name(59))
  t.equal(origin.count(name(59)), 1, 'what is new stays')
  await ask(edge.address, name(1))
  t.equal(origin.count(name(1)), 2, 'what is old was dropped')
})

test('bodies in flight count too: what is stored makes room for them', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/-[12]\.ts$/, (exchange) => exchange.answer(200, [], packets(8000)))
  const edge = await edgeBefore(t, origin, ['--cache-size', '4MB'])
  for (const i of [1, 2]) await ask(edge.address, name(i))
  t.equal(edge.read().storedResponses, 2)
  const asked = origin.next(name(3))
  const answer = ask(edge.address, name(3))
  const exchange = await asked
  const big = packets(10_000)
  exchange.begin(200, ['Content-Length', String(big.length)])
  exchange.send(big.subarray(0, 1_500_000))
  await until('a stored one has made room', () => edge.read().storedResponses === 1)
  exchange.send(big.subarray(1_500_000))
  exchange.done()
  t.ok((await answer).body.equals(big))
})

test('a slow reader of an evicted body still gets the right bytes', async (t) => {
  const big = packets(70_000, 200)
  const origin = await ScriptedOrigin.start(t)
  origin.on(name(200), (exchange) => exchange.answer(200, [], big))
  origin.on(/-\d\d?\.ts$/, (exchange) => exchange.answer(200, [], packets(4000, numberOf(exchange))))
  const edge = await edgeBefore(t, origin, ['--cache-size', '27MB'])
  await ask(edge.address, name(200))
  const slow = await Wire.to(edge.address)
  slow.write(requestBytes(name(200)))
  await readAnswerHead(slow)
  slow.socket.pause()
  for (let i = 0; i < 60; i++) await ask(edge.address, name(i % 100))
  t.ok(edge.read().evictions > 0)
  const before = origin.count(name(200))
  slow.socket.resume()
  t.ok((await slow.read(big.length)).equals(big), 'although its blocks were given back and used again')
  t.equal(origin.count(name(200)), before)
  slow.destroy()
})

test('a response stated to be larger than --max-object-size is passed through and not stored', async (t) => {
  const big = packets(12_000)
  const origin = await ScriptedOrigin.start(t)
  origin.on(name(1), (exchange) => exchange.answer(200, [], big))
  const edge = await edgeBefore(t, origin, ['--max-object-size', '2MB'])
  for (let i = 0; i < 2; i++) {
    const { status, body, isComplete } = await ask(edge.address, name(1))
    t.same([status, isComplete], [200, true])
    t.ok(body.equals(big))
  }
  t.equal(edge.read().storedResponses, 0)
  await until('nothing is held', () => edge.read().heldBytes === 0 && edge.read().fills === 0)
})

/** Sends chunks without a stated length, as fast as they are taken. */
async function sendChunks(exchange: Exchange, body: Buffer): Promise<void> {
  exchange.begin(200, ['Transfer-Encoding', 'chunked'])
  const { socket } = exchange.wire
  for (let at = 0; at < body.length; at += 50_000) {
    exchange.send(chunkOf(body.subarray(at, at + 50_000)))
    if (socket.writableNeedDrain) await new Promise((resolve) => socket.once('drain', resolve))
  }
  exchange.send('0\r\n\r\n')
  exchange.done()
}

test('a response that turns out too large goes on to all who read it, as slowly as the slowest, and is not stored', async (t) => {
  const big = packets(110_000, 3)
  const origin = await ScriptedOrigin.start(t)
  origin.on(name(1), (exchange) => void sendChunks(exchange, big))
  origin.on(/-\d\d\.ts$/, (exchange) => exchange.answer(200, [], packets(4000, numberOf(exchange))))
  const edge = await edgeBefore(t, origin, ['--max-object-size', '1MB', '--cache-size', '4MB'])
  const slow = await Wire.to(edge.address)
  slow.write(requestBytes(name(1)))
  await readAnswerHead(slow)
  slow.socket.pause()
  await until('it has outgrown the limit', () => edge.read().fills === 0)
  const next = await Wire.to(edge.address)
  next.write(requestBytes(name(1)))
  const { fields } = await readAnswerHead(next)
  t.equal(fieldValue(fields, 'cache-status'), 'edge; fwd=bypass', 'the next one goes past the cache')
  next.destroy()
  let most = 0
  // What others fetch meanwhile uses the blocks again that were given back.
  for (let i = 10; i < 30; i++) {
    await ask(edge.address, name(i))
    most = Math.max(most, edge.read().heldBytes)
  }
  t.ok(most < 6 * MB, `${most} bytes were held at the most, of a body of ${big.length}`)
  // Little by little, so that something always waits in the edge's socket while its block may be given back.
  slow.socket.on('data', () => {
    slow.socket.pause()
    setTimeout(() => slow.socket.resume(), 1)
  })
  slow.socket.resume()
  const others = Promise.all(Array.from({ length: 40 }, (_, i) => ask(edge.address, name(30 + i))))
  const got = await readChunks(slow)
  await others
  t.equal(got.length, big.length)
  t.ok(got.equals(big), 'and no byte is of another body')
  slow.destroy()
  await until('nothing of it is held', () => edge.read().heldBytes <= edge.read().storedBytes)
})

async function readChunks(wire: Wire): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const size = Number.parseInt(String(await wire.readUntil('\r\n')), 16)
    const chunk = await wire.read(size + 2)
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, size))
  }
}

test('a too large response is given up when nobody reads it any more', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--max-object-size', '1MB'])
  const asked = origin.next(name(1))
  const client = await Wire.to(edge.address)
  client.write(requestBytes(name(1)))
  const exchange = await asked
  exchange.begin(200, ['Transfer-Encoding', 'chunked'])
  const chunk = packets(10_000)
  exchange.send(`${chunk.length.toString(16)}\r\n`)
  exchange.send(chunk)
  await readAnswerHead(client)
  await client.read(chunk.length)
  client.destroy()
  await exchange.wire.ended
  await until('nothing is held', () => edge.read().heldBytes === 0)
  t.equal(edge.read().storedResponses, 0)
})
