import { type Test, test } from 'tap'
import { check } from '../../src/check/command.ts'
import { type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

/** What is said of an origin, in one line, and the exit code. */
async function look(address: string): Promise<{ code: number; text: string }> {
  let text = ''
  const origin = new URL(address)
  const code = await check({ origin, timeout: 3000 }, { write: (piece: string) => (text += piece) })
  return { code, text: text.replace(/\s+/g, ' ') }
}

async function owncast(t: Test, options: OwncastOptions = {}) {
  const one = await startOwncast({ startupGap: 0, onlineDelay: 0, ...options })
  t.teardown(() => one.close())
  return one
}

test('a live Owncast is examined as a doctor would', async (t) => {
  const origin = await owncast(t, { latencyLevel: 1, segmentBytes: 400_000 })
  const { code, text } = await look(origin.address)
  t.equal(code, 0)
  t.match(text, /✓ It is Owncast 0\.1\.3\./)
  t.match(text, /✓ The stream is live/)
  t.match(text, /✓ Quality: 360p at \d/)
  t.match(text, /✓ Segments are of 2 s \(latency level 1\), and 15 are listed/)
  t.match(text, /✓ A segment of 2\.0 s \(400 kB\) came in \d+ ms, at \d+ Mbit\/s/)
  t.match(text, /1 Gbit\/s carries about \d+ viewers/)
  t.match(text, /✓ Owncast believes X-Forwarded-For/)
  t.match(text, /✓ Its clock agrees/)
  t.match(text, /✓ Chat opens/)
  t.match(text, /What to change: 1\. Run this check on the machine where the edge will stand\. $/)
})

test('an Owncast that is offline is one, and says when to look again', async (t) => {
  const origin = await owncast(t, { live: false })
  const { code, text } = await look(origin.address)
  t.equal(code, 0)
  t.match(text, /• The stream is offline/)
  t.match(text, /cannot be told: nobody is counted while the stream is offline/)
})

test('a serving endpoint is told from external storage', async (t) => {
  const storage = await ScriptedOrigin.start(t)
  storage.on(/stream\.m3u8$/, (exchange) => exchange.answer(200, [], mediaPlaylist({ target: 3 })))
  storage.on(/\.ts$/, (exchange) => exchange.answer(200, [], packets(100)))
  const withEndpoint = await owncast(t, { servingEndpoint: storage.address })
  t.match(
    (await look(withEndpoint.address)).text,
    /serving endpoint is set: players are led to 127\.0\.0\.1:\d+/
  )
  const withStorage = await owncast(t, { servingEndpoint: storage.address })
  withStorage.faults.add({ kind: 'missing', target: /^\/hls\/\d/ })
  const { text } = await look(withStorage.address)
  t.match(text, new RegExp(`external storage, at ${storage.address}/hls`))
  t.match(text, new RegExp(`--storage ${storage.address}/hls`))
})

/** An Owncast behind a proxy that makes one viewer of all, with a clock that is fast and a chat that does not open. */
async function behindBadProxy(t: Test): Promise<ScriptedOrigin> {
  const origin = await ScriptedOrigin.start(t)
  origin.on('/api/status', (exchange) => {
    const serverTime = new Date(Date.now() + 90_000).toISOString()
    const status = { versionNumber: '0.1.3', online: true, viewerCount: 1, serverTime }
    exchange.answer(200, [], JSON.stringify(status))
  })
  origin.on('/api/ping', (exchange) => exchange.answer(200))
  origin.on('/ws', (exchange) => exchange.answer(400, [], 'Bad Request'))
  return origin
}

test('what a proxy in front of Owncast spoils is found', async (t) => {
  const { address } = await behindBadProxy(t)
  const { code, text } = await look(address)
  t.equal(code, 0)
  t.match(text, /✗ X-Forwarded-For is not believed/)
  t.match(text, /✗ Its clock is 90 s ahead of/)
  t.match(text, /✗ Chat does not open/)
  t.match(text, /✗ There is no playlist at \/hls\/stream\.m3u8 \(status 404\)/)
})

test('another server, a silent one and none at all are told apart', async (t) => {
  const other = await ScriptedOrigin.start(t)
  other.on(/./, (exchange) => exchange.answer(200, [], '<html>hello</html>'))
  const { code, text } = await look(other.address)
  t.equal(code, 1)
  t.match(text, /✗ It is not Owncast/)
  t.match(text, /If it is another server of HLS, start the edge with --profile generic/)
  const silent = await ScriptedOrigin.start(t)
  silent.on(/./, () => {})
  t.match(await look(silent.address), { code: 1, text: /it is connected but silent/ } as never)
  const { address } = silent
  await silent.close()
  t.match(await look(address), { code: 1, text: /it refuses connections/ } as never)
})
