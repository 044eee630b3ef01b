import { test } from 'tap'
import { askAdmin, purge, scrape } from '../fixtures/admin.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore, settingsFor } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, multivariantPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake, openTunnel } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'

const playlist = '/hls/0/stream.m3u8'
const media = packets(2000)

/** An origin with a live stream of one variant. */
async function live(t: Parameters<typeof ScriptedOrigin.start>[0]): Promise<ScriptedOrigin> {
  const origin = await ScriptedOrigin.start(t)
  origin.on('/hls/stream.m3u8', (exchange) => exchange.answer(200, [], multivariantPlaylist))
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
  origin.on('/api/status', (exchange) => exchange.answer(200, [], '{"versionNumber":"0.1.3","online":true}'))
  return origin
}

test('the metrics have all that a board needs, by the names and units of Prometheus', async (t) => {
  const origin = await live(t)
  const edge = await edgeBefore(t, origin, ['--cache-size', '5MB'])
  await ask(edge.address, '/hls/stream.m3u8')
  await ask(edge.address, playlist)
  for (let i = 0; i < 10; i++) await ask(edge.address, '/hls/0/stream-abcdefghi-1.ts')
  await ask(edge.address, '/some/page')
  const tunnel = await openTunnel(edge.address, origin)
  const series = await scrape(edge)
  const is = (name: string, value: number): void =>
    void t.equal(series.get(`owncast_edge_${name}`), value, name)
  is('requests_total{kind="segment",answer="miss"}', 1)
  is('requests_total{kind="segment",answer="hit"}', 9)
  is('requests_total{kind="media-playlist",answer="miss"}', 1)
  is('requests_total{kind="other",answer="bypass"}', 1)
  is('requests_total{kind="other",answer="tunnel"}', 1)
  is('origin_requests_total{kind="segment"}', 1)
  is('viewers{variant="0"}', 1)
  is('playlist_target_duration_seconds{variant="0"}', 2)
  is('cache_size_bytes', 5e6)
  is('origin_up', 1)
  is('tunnels', 1)
  is('tunnels_opened_total', 1)
  is('evictions_total', 0)
  is('fills_resumed_total', 0)
  is('fills_broken_total', 0)
  is('access_log_dropped_total', 0)
  is('fill_duration_seconds_count{kind="segment"}', 1)
  is('fill_rate_bytes_per_second_count{kind="segment"}', 1)
  is(`info{version="0.0.0",node="${process.versions.node}",owncast="0.1.3"}`, 1)
  const [sent = 0, received = 0] = ['sent', 'line_received'].map((name) =>
    series.get(`owncast_edge_${name}_bytes_total`)
  )
  t.ok(sent > 10 * media.length && sent < 10.2 * media.length, `${sent} bytes were sent`)
  t.ok(
    received > media.length && received < 1.1 * media.length,
    `${received} came over the line, tunnel and page included`
  )
  t.ok(Math.abs((series.get('owncast_edge_saved_ratio') ?? 0) - (1 - received / sent)) < 0.01)
  t.ok((series.get('owncast_edge_playlist_staleness_seconds{variant="0"}') ?? 99) < 5)
  t.ok((series.get('owncast_edge_stored_bytes') ?? 0) > media.length)
  t.ok((series.get('process_resident_memory_bytes') ?? 0) > 1e7)
  t.ok((series.get('owncast_edge_event_loop_lag_seconds') ?? -1) >= 0)
  for (const name of series.keys()) t.match(name, /^(owncast_edge|process)_[a-z_]+(\{.*\})?$/)
  tunnel.client.destroy()
})

test('counters are counters, and each has a help and a type', async (t) => {
  const edge = await edgeBefore(t, await live(t))
  const answer = await askAdmin(edge, '/metrics')
  t.match(answer.field('content-type'), /^text\/plain; version=0\.0\.4/)
  const text = answer.body.toString()
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    t.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`)
    t.match(text, new RegExp(`^# HELP ${name} [A-Z]`, 'm'))
  }
})

test('the staleness of a playlist grows while the origin is away, and falls when it is back', async (t) => {
  const clock = new ManualClock()
  const origin = await live(t)
  const edge = await edgeBefore(t, origin, [], clock)
  await ask(edge.address, playlist)
  const staleness = (): number => edge.read().playlists[0]?.staleness ?? -1
  t.equal(staleness(), 0)
  const held: { answer(): void }[] = []
  origin.on(playlist, (exchange) => held.push({ answer: () => exchange.answer(200, [], mediaPlaylist()) }))
  clock.pass(2000)
  await until('it is asked again', () => held.length === 1)
  t.ok(staleness() >= 2000)
  held[0]?.answer()
  await until('it is confirmed', () => staleness() < 2000)
})

test('with a token, everything but /health needs it; the page asks for it and holds nothing', async (t) => {
  const edge = await edgeBefore(t, await live(t), ['--admin-token', 'hunter2'])
  const bearer = ['Authorization', 'Bearer hunter2']
  for (const target of ['/metrics', '/viewers', '/config', '/events', '/nowhere']) {
    const answer = await askAdmin(edge, target)
    t.equal(answer.status, 401, target)
    t.match(answer.field('www-authenticate'), /^Bearer/)
  }
  t.equal((await purge(edge, { all: true })).status, 401)
  t.equal((await askAdmin(edge, '/metrics', { fields: ['Authorization', 'Bearer hunter'] })).status, 401)
  t.equal((await askAdmin(edge, '/metrics', { fields: bearer })).status, 200)
  t.equal(
    (await askAdmin(edge, '/metrics', { fields: bearer, host: 'edge:9090' })).status,
    200,
    'by any name'
  )
  t.equal((await askAdmin(edge, '/health')).status, 200)
  const page = await askAdmin(edge, '/')
  t.equal(page.status, 401)
  t.match(page.body.toString(), /asks for its token/)
})

test('nobody gets in by another name, and no other site is let in', async (t) => {
  const edge = await edgeBefore(t, await live(t))
  t.equal((await askAdmin(edge, '/metrics', { host: 'evil.example' })).status, 421)
  t.equal((await askAdmin(edge, '/events', { host: 'evil.example' })).status, 421)
  const foreign = {
    method: 'POST',
    fields: ['Origin', 'https://evil.example', 'Content-Length', '12'],
    body: '{"all":true}'
  }
  t.equal((await askAdmin(edge, '/purge', foreign)).status, 403)
  const answer = await askAdmin(edge, '/metrics', { fields: ['Origin', 'https://evil.example'] })
  t.equal(answer.field('access-control-allow-origin'), undefined, 'there is no CORS')
  const page = await askAdmin(edge, '/')
  t.match(
    page.field('content-security-policy'),
    /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/
  )
})

test('/config shows what is in force, and no secret', async (t) => {
  const edge = await edgeBefore(t, await live(t))
  edge.show({ port: { value: '8080', from: 'default', reloads: false } })
  t.same(JSON.parse((await askAdmin(edge, '/config')).body.toString()), {
    port: { value: '8080', from: 'default', reloads: false }
  })
})

test('settings that can change do so while the edge runs', async (t) => {
  const clock = new ManualClock()
  const origin = await live(t)
  const edge = await edgeBefore(t, origin, [], clock)
  const seenFrom = async (): Promise<string | undefined> => {
    const asked = origin.next('/page')
    void ask(edge.address, '/page', { fields: ['X-Forwarded-For', '203.0.113.9'] })
    const exchange = await asked
    exchange.answer(200)
    return exchange.field('x-forwarded-for')
  }
  t.equal(await seenFrom(), '127.0.0.1')
  for (const seed of [1, 2]) await ask(edge.address, `/hls/0/stream-abcdefghi-${seed}.ts`)
  await until('both are stored', () => edge.read().storedResponses === 2)
  edge.reload(
    settingsFor(
      origin.address,
      ...[
        '--trust-proxy',
        '127.0.0.1',
        '--cache-size',
        '1MB',
        '--admin-token',
        'new',
        '--hosts',
        'edge.example',
        '--deny-admin'
      ]
    )
  )
  t.equal(await seenFrom(), '203.0.113.9', 'trust-proxy')
  t.equal(edge.read().cacheSize, 1e6)
  t.ok(edge.read().storedBytes <= 1e6, 'cache-size: what is too much goes at once')
  t.equal((await askAdmin(edge, '/metrics')).status, 401, 'admin-token')
  t.equal((await ask(edge.address, playlist, { host: 'other.example' })).status, 421, 'hosts')
  t.equal((await ask(edge.address, '/admin/')).status, 403, 'deny-admin')
  edge.reload(settingsFor(origin.address))
  t.equal((await askAdmin(edge, '/metrics')).status, 200)
  t.equal((await ask(edge.address, playlist, { host: 'other.example' })).status, 200)
})

test('a tunnel that is refused is answered with why', async (t) => {
  const edge = await edgeBefore(t, await live(t), ['--hosts', 'live.example', '--deny-admin'])
  t.equal((await ask(edge.address, '/ws', { host: 'other.example', fields: handshake })).status, 421)
  t.equal((await ask(edge.address, '/api/admin/x', { host: 'live.example', fields: handshake })).status, 403)
})
