import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { purge } from '../fixtures/admin.ts'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { Wire } from '../fixtures/wire.ts'

const playlist = '/hls/0/stream.m3u8'
const long = mediaPlaylist({ end: '#EXT-X-ENDLIST\n' }) + '# a comment of no importance\n'.repeat(20)

/** Asks until it is answered in that coding: text is compressed behind the first answers. */
async function inCoding(edge: Edge, target: string, coding: string, accept = coding) {
  for (;;) {
    const answer = await ask(edge.address, target, { fields: ['Accept-Encoding', accept] })
    if (answer.field('content-encoding') === coding) return answer
  }
}

async function playlistEdge(t: Test): Promise<{ origin: ScriptedOrigin; edge: Edge }> {
  const origin = await ScriptedOrigin.start(t)
  origin.on(playlist, (exchange) => exchange.answer(200, ['Content-Type', 'application/x-mpegURL'], long))
  return { origin, edge: await edgeBefore(t, origin, ['--profile', 'generic']) }
}

test('playlists are sent compressed to whoever can decode them', async (t) => {
  const { origin, edge } = await playlistEdge(t)
  const br = await inCoding(edge, playlist, 'br', 'gzip, deflate, br')
  t.equal(brotliDecompressSync(br.body).toString(), long)
  const gzip = await inCoding(edge, playlist, 'gzip', 'gzip;q=1, br;q=0.1')
  t.equal(gunzipSync(gzip.body).toString(), long)
  const plain = await ask(edge.address, playlist)
  t.equal(String(plain.body), long)
  for (const answer of [br, gzip, plain]) t.match(answer.field('vary'), /accept-encoding/i)
  const etags = new Set([br, gzip, plain].map((answer) => answer.field('etag')))
  t.equal(etags.size, 3, 'each under a validator of its own')
  t.ok(origin.requests.every((exchange) => exchange.field('accept-encoding') === 'identity'))
  t.ok(br.body.length < long.length / 2)
})

test('a range is one of the text as it is, and a validator holds for its coding', async (t) => {
  const { edge } = await playlistEdge(t)
  const br = await inCoding(edge, playlist, 'br')
  const part = await ask(edge.address, playlist, { fields: ['Accept-Encoding', 'br', 'Range', 'bytes=0-6'] })
  t.equal(String(part.body), '#EXTM3U')
  t.equal(part.field('content-encoding'), undefined)
  const same = ['Accept-Encoding', 'br', 'If-None-Match', br.field('etag') ?? '']
  t.equal((await ask(edge.address, playlist, { fields: same })).status, 304)
})

test('what is said again on a connection is compressed as well', async (t) => {
  const { edge } = await playlistEdge(t)
  await inCoding(edge, playlist, 'gzip')
  const wire = await Wire.to(edge.address)
  t.teardown(() => wire.destroy())
  for (let i = 0; i < 3; i++) {
    wire.write(requestBytes(playlist, { fields: ['Accept-Encoding', 'gzip'] }))
    t.equal(gunzipSync((await readAnswer(wire)).body).toString(), long)
  }
})

test('text of Owncast that came as it is is compressed once, video and what is compressed never', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const script = 'let a = 1\n'.repeat(100)
  const js = '/_next/static/chunks/main-0a1b.js'
  const segment = '/hls/0/stream-abcdefghi-1.ts'
  origin.on(js, (exchange) => exchange.answer(200, ['Content-Type', 'application/javascript'], script))
  origin.on('/api/config', (exchange) =>
    exchange.answer(200, ['Content-Type', 'application/json', 'Content-Encoding', 'br'], 'x'.repeat(1000))
  )
  origin.on(segment, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(10)))
  const answer = await inCoding(edge, js, 'br')
  t.equal(brotliDecompressSync(answer.body).toString(), script)
  for (const target of [segment, '/api/config']) {
    await ask(edge.address, target, { fields: ['Accept-Encoding', 'br'] })
    const again = await ask(edge.address, target, { fields: ['Accept-Encoding', 'br'] })
    t.equal(again.field('content-encoding'), target === segment ? undefined : 'br')
    t.equal(again.body.length, target === segment ? packets(10).length : 1000)
  }
})

test('what came without a validator gets one, so that browsers get their 304s', async (t) => {
  for (const flags of [[], ['--profile', 'generic']]) {
    const origin = await ScriptedOrigin.start(t)
    const edge = await edgeBefore(t, origin, flags)
    const target = '/_next/static/a.css'
    origin.on(target, (exchange) => exchange.answer(200, ['Cache-Control', 'public, max-age=60'], 'a{}'))
    await ask(edge.address, target)
    const etag = (await ask(edge.address, target)).field('etag') ?? ''
    t.match(etag, /^"[\w-]+"$/, 'a strong one')
    t.equal((await ask(edge.address, target, { fields: ['If-None-Match', etag] })).status, 304)
    origin.on(target, (exchange) =>
      exchange.answer(200, ['Last-Modified', 'Tue, 24 Nov 2026 10:00:00 GMT'], 'b')
    )
    await purge(edge, { all: true })
    await ask(edge.address, target)
    t.equal((await ask(edge.address, target)).field('etag'), undefined, 'what has one is left alone')
  }
})
