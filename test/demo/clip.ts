import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { readClip } from '../../src/demo/clip.ts'
import { startOwncast } from '../../src/demo/owncast.ts'
import { ask } from '../fixtures/client.ts'

const PACKET = 188
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
const skip = hasFfmpeg || process.env.CI !== undefined ? false : 'FFmpeg is not installed'

/** The program clock references of one packet identifier, in units of 90 kHz, and its continuity counters. */
function readPackets(bytes: Buffer, pid: number) {
  const clocks: number[] = []
  const counters: number[] = []
  for (let at = 0; at < bytes.length; at += PACKET) {
    if ((bytes.readUInt16BE(at + 1) & 0x1fff) !== pid) continue
    const control = bytes[at + 3]!
    if ((control & 0x10) !== 0) counters.push(control & 0x0f)
    const hasClock = (control & 0x20) !== 0 && bytes[at + 4]! > 0 && (bytes[at + 5]! & 0x10) !== 0
    if (hasClock) clocks.push(bytes.readUInt32BE(at + 6) * 2 + (bytes[at + 10]! >> 7))
  }
  return { clocks, counters }
}

test('the pieces are a minute of two variants and eight seconds of offline, whole packets each', async (t) => {
  const variants = await readClip()
  t.same(
    variants.map(({ clip, offline }) => [clip.length, offline.length]),
    [
      [60, 8],
      [60, 8]
    ]
  )
  for (const { clip } of variants) {
    for (let second = 0; second < 60; second++) t.equal(clip.cut(second, second + 1).length % PACKET, 0)
  }
})

test('clocks and counters go on from one turn of the loop to the next', async (t) => {
  const [{ clip }] = (await readClip()) as [Awaited<ReturnType<typeof readClip>>[0]]
  for (const turn of [1, 2, 17]) {
    const end = turn * clip.length
    const across = Buffer.concat([clip.cutLoop(end - 1, end), clip.cutLoop(end, end + 1)])
    for (const pid of [0, 256, 257, 4096]) {
      const { counters } = readPackets(across, pid)
      const jumps = counters.slice(1).filter((counter, index) => counter !== (counters[index]! + 1) % 16)
      t.same(jumps, [], `packet identifier ${pid}, turn ${turn}`)
    }
    const { clocks } = readPackets(across, 256)
    const steps = new Set(clocks.slice(1).map((clock, index) => clock - clocks[index]!))
    t.same([...steps], [3600], 'one frame of 25 each second')
  }
})

test('the clocks wrap at 33 bits as they should', async (t) => {
  const [{ clip }] = (await readClip()) as [Awaited<ReturnType<typeof readClip>>[0]]
  const turns = Math.ceil(2 ** 33 / (60 * 90_000))
  const [first] = readPackets(clip.cut(0, 1), 256).clocks
  const [wrapped] = readPackets(clip.cutLoop(turns * 60, turns * 60 + 1), 256).clocks
  t.equal(wrapped, (first! + turns * 60 * 90_000) % 2 ** 33)
})

test('FFmpeg plays across the end of the loop without a word', { skip }, async (t) => {
  const startedAt = Date.now()
  let skipped = 0
  // Twice as fast as real time: there is a while to wait for the end of the loop, but a long time to read what is listed.
  const clock = { now: () => startedAt + skipped + (Date.now() - startedAt) * 2 }
  const owncast = await startOwncast({ clock, startupGap: 0, latencyLevel: 0 })
  t.teardown(() => owncast.close())
  skipped = 30_000
  const input = ['-live_start_index', '0', '-i', `${owncast.address}/hls/stream.m3u8`]
  const ffmpeg = spawn('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'warning', '-stats', ...input],
    ...['-map', '0', '-t', '35', '-f', 'null', '-']
  ])
  const [said, [code]] = await Promise.all([text(ffmpeg.stderr), once(ffmpeg, 'exit')])
  t.equal(code, 0)
  t.same(
    [59, 60].map((sequence) => owncast.requests.count(new RegExp(`/0/.*-${sequence}.ts$`))),
    [1, 1]
  )
  const [progress, ...complaints] = said
    .split(/[\r\n]+/)
    .filter((line) => line !== '')
    .reverse()
  t.match(progress, /time=00:00:3[45]/)
  t.same(
    complaints.filter((line) => !line.startsWith('frame=')),
    []
  )
})

test('a folder that somebody writes HLS into is served as it is, with the fields of Owncast', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'owncast-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, '0'))
  const owncast = await startOwncast({ source: { kind: 'folder', path: folder }, startupGap: 0 })
  t.teardown(() => owncast.close())
  t.equal((await ask(owncast.address, '/hls/0/stream.m3u8')).status, 404)
  await writeFile(join(folder, '0', 'stream.m3u8'), '#EXTM3U\n')
  await writeFile(join(folder, '0', 'stream-abcdefghi-0.ts'), Buffer.alloc(PACKET, 0x47))
  const playlist = await ask(owncast.address, '/hls/0/stream.m3u8')
  t.equal(playlist.body.toString(), '#EXTM3U\n')
  t.equal(playlist.field('cache-control'), 'no-cache, no-store, must-revalidate')
  const segment = await ask(owncast.address, '/hls/0/stream-abcdefghi-0.ts', {
    fields: ['Range', 'bytes=0-3']
  })
  t.equal(segment.status, 206)
  t.ok(segment.field('last-modified'))
  t.equal((await ask(owncast.address, '/hls/0/stream.m3u8/a.ts')).status, 404)
  t.equal((await ask(owncast.address, '/hls/%2e%2e/package.ts')).status, 301, 'no way out of the folder')
  owncast.goOffline()
  const ended = (await ask(owncast.address, '/hls/0/stream.m3u8')).body.toString()
  t.match(ended, /^#EXTM3U\n#EXT-X-DISCONTINUITY\n#EXTINF:8\.000000,\noffline\.ts\n#EXT-X-ENDLIST\n$/)
  t.equal((await ask(owncast.address, '/hls/0/offline.ts')).status, 200)
})
