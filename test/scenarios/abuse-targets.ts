import { test } from 'tap'
import { type Abused, abusedEdge, scale } from '../fixtures/abused.ts'
import { requestBytes } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import type { Wire } from '../fixtures/wire.ts'

/** ABUSE_SCALE=50 makes it a million. */
const count = 20_000 * scale
const atOnce = 20
const small = '/hls/0/stream-abcdefghi-9.ts'

/** Asks for all of these in batches, each when the one before is answered; tells how many answers there were of each status. */
async function flood(edge: Abused, target: (i: number) => string): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  let asked = 0
  const ask = (wire: Wire): Promise<void> =>
    new Promise((resolve, reject) => {
      let waiting = 0
      let tail = ''
      const goOn = (): void => {
        if (asked >= count) return resolve()
        waiting = atOnce
        const batch = Array.from({ length: atOnce }, () => requestBytes(target(asked++)))
        wire.write(Buffer.concat(batch))
      }
      wire.socket.on('data', (bytes: Buffer) => {
        const text = tail + bytes.toString('latin1')
        const heads = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)]
        for (const [, status = ''] of heads) statuses[status] = (statuses[status] ?? 0) + 1
        // A status line may be cut anywhere; one that was whole is not counted again.
        tail = text.slice(-11).replace(/^.*HTTP\/1\.1 \d{3}/s, '')
        waiting -= heads.length
        if (waiting === 0) goOn()
      })
      wire.socket.once('close', () => reject(new Error('the edge has hung up')))
      goOn()
    })
  const wires = await Promise.all(Array.from({ length: 8 }, () => edge.connect()))
  await Promise.all(wires.map(ask))
  return statuses
}

test('each query of a segment is the segment, however many there are', async (t) => {
  const edge = await abusedEdge(t)
  edge.origin.on(small, (exchange) => exchange.answer(200, [], packets(1)))
  t.same(await flood(edge, (i) => `${small}?x=${i}`), { 200: count })
  await edge.proveUnharmed(`${count} queries of one segment`, 120e6)
  t.equal(edge.origin.count(/abcdefghi-9/), 1)
})

test('segments that do not exist leave a thousand answers behind, however many are asked for', async (t) => {
  const edge = await abusedEdge(t)
  edge.origin.on(/flood-/, (exchange) => exchange.answer(404))
  t.same(await flood(edge, (i) => `/hls/0/stream-floodflood-${i}.ts`), { 404: count })
  await edge.proveUnharmed(`${count} segments that do not exist`, 150e6)
  t.ok((await edge.metric('stored_responses')) <= 1010)
})
