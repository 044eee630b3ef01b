import { type Test, test } from 'tap'
import type { Milliseconds } from '../../src/cache.ts'
import { type Owncast, type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { type Ask, ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { until } from '../fixtures/until.ts'

const live = '/hls/0/stream.m3u8'
const step: Milliseconds = 500

interface Player {
  readonly userAgent: string
  /** From what it asks for to how often. */
  readonly habits: Readonly<Record<string, Milliseconds>>
}

const web: Player = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  habits: { [live]: 3000, '/api/ping': 4000, '/api/status': 5000 }
}
const vlc: Player = { userAgent: 'VLC/3.0.21 LibVLC/3.0.21', habits: { [live]: 3000 } }
const mpv: Player = { userAgent: 'mpv 0.39.0', habits: { '/hls/1/stream.m3u8': 2000 } }
const safari: Player = {
  userAgent: 'AppleCoreMedia/1.0.0.22F76 (iPhone; U; de_de)',
  habits: { [live]: 2500 }
}
const box: Player = { userAgent: 'Lavf/61.7.100', habits: { [live]: 5000 } }
const players = [web, vlc, mpv, safari, box]

async function owncastAt(t: Test, clock: ManualClock, options: OwncastOptions = {}): Promise<Owncast> {
  const owncast = await startOwncast({ clock, startupGap: 0, onlineDelay: 0, ...options })
  t.teardown(() => owncast.close())
  return owncast
}

/** Lets time pass; what the players ask for in each step has been answered at its end. */
async function play(
  clock: ManualClock,
  time: Milliseconds,
  addresses: readonly string[],
  playing: readonly Player[],
  each: () => Promise<void> = async () => {}
): Promise<void> {
  for (let elapsed = step; elapsed <= time; elapsed += step) {
    clock.pass(step)
    const asks: Promise<unknown>[] = []
    for (const { userAgent, habits } of playing)
      for (const [target, every] of Object.entries(habits))
        if (elapsed % every === step)
          for (const address of addresses)
            asks.push(ask(address, target, { fields: ['User-Agent', userAgent] }))
    await Promise.all(asks)
    await each()
  }
}

/** As until, while time passes. */
const inTime = (clock: ManualClock, expected: string, holds: () => boolean): Promise<void> =>
  until(expected, () => {
    clock.pass(50)
    return holds()
  })

const idsAt = (owncast: Owncast): string =>
  owncast
    .viewers()
    .map(({ clientId }) => clientId)
    .sort()
    .join()

const addressesAt = (owncast: Owncast): string[] =>
  owncast
    .viewers()
    .map(({ ip }) => ip)
    .sort()

/** The User-Agents of all requests that Owncast counts viewers by. */
const countedAgents = (owncast: Owncast): Set<string | undefined> =>
  new Set(owncast.requests.matching(/\.m3u8|\/api\/ping/).map(({ headers }) => headers['user-agent']))

test('a mix of players is counted behind the edge as it is without one, each once, the edge never', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const withoutEdge = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, [], clock)
  const addresses = [edge.address, withoutEdge.address]
  const agree = () =>
    until('both count the same', () => idsAt(owncast) === idsAt(withoutEdge) && owncast.viewers().length > 0)
  await play(clock, step, addresses, players)
  await inTime(clock, 'the stream is known to be online', () => edge.read().viewers.isOnline)
  await play(clock, 45_000, addresses, players, agree)
  t.equal(owncast.viewers().length, 5)
  t.same(edge.read().viewers.variants, { 0: 4, 1: 1 })
  await play(clock, 5000, addresses, [web, mpv])
  owncast.requests.reset()
  await play(clock, 30_000, addresses, [web, mpv])
  await agree()
  t.equal(owncast.viewers().length, 2, 'who has left is gone')
  t.same(
    countedAgents(owncast),
    new Set([web.userAgent, mpv.userAgent]),
    'nobody is made up, nobody lives on'
  )
  const pings = owncast.requests.count('/api/ping')
  t.ok(pings >= 6 && pings <= 8, `${pings} pings for two viewers in 30 s`)
  await play(clock, 30_000, addresses, [])
  t.equal(owncast.viewers().length, 0)
  t.equal(edge.read().viewers.total, 0)
})

test('the last who leaves is not kept alive by what the edge asks for in their name', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, [], clock)
  await play(clock, 30_000, [edge.address], [vlc])
  await until('the viewer is counted', () => owncast.viewers().length === 1)
  const leftAt = clock.now()
  let goneAt: Milliseconds = 0
  await play(clock, 40_000, [edge.address], [], async () => {
    // What the edge asks for by itself takes as long.
    await ask(edge.adminAddress, '/health')
    if (owncast.viewers().length === 0) goneAt ||= clock.now()
  })
  const lastAt = Math.max(...owncast.requests.matching(/\.m3u8|ping/).map(({ at }) => at))
  t.ok(lastAt - leftAt <= 4500, `the last request ${lastAt - leftAt} ms after`)
  t.ok(goneAt - leftAt <= 25_000, `gone ${goneAt - leftAt} ms after`)
})

test('through two tiers of edges everybody is counted once', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const inner = await edgeBefore(t, owncast, ['--trust-proxy', '127.0.0.1'], clock)
  const outer = await edgeBefore(t, inner, [], clock)
  await play(clock, step, [outer.address], players)
  await inTime(clock, 'the stream is known to be online', () => outer.read().viewers.isOnline)
  await inTime(clock, 'at both tiers', () => inner.read().viewers.isOnline)
  await play(clock, 12_000, [outer.address], players)
  await until('all are counted', () => owncast.viewers().length === 5)
  await play(clock, 45_000, [outer.address], players, () =>
    until('all are still counted', () => owncast.viewers().length === 5)
  )
  t.same(countedAgents(owncast), new Set(players.map(({ userAgent }) => userAgent)))
  t.equal(inner.read().viewers.total, 5)
  t.equal(outer.read().viewers.total, 5)
})

test('a viewer is where the connection comes from, whatever a client says', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, [], clock)
  const spoofs: Ask['fields'][] = [
    ['X-Forwarded-For', '203.0.113.1'],
    ['X-Forwarded-For', '203.0.113.2, 203.0.113.3', 'X-Forwarded-For', '203.0.113.4'],
    ['X-Real-IP', '203.0.113.5', 'Forwarded', 'for=203.0.113.6']
  ]
  for (const fields of spoofs)
    for (const target of [live, '/api/ping'])
      await ask(edge.address, target, { fields: ['User-Agent', vlc.userAgent, ...(fields ?? [])] })
  await inTime(clock, 'the viewer is counted', () => owncast.viewers().length > 0)
  t.same(
    owncast.viewers().map(({ ip, userAgent }) => [ip, userAgent]),
    [['127.0.0.1', vlc.userAgent]]
  )
  t.equal(edge.read().viewers.total, 1)
})

test('a listener for both families knows an IPv4 viewer by their IPv4 address', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, ['--host', '::'], clock)
  const { port } = new URL(edge.address)
  for (const host of ['127.0.0.1', '[::1]'])
    await ask(`http://${host}:${port}`, live, { fields: ['User-Agent', vlc.userAgent] })
  await inTime(clock, 'both are counted', () => owncast.viewers().length === 2)
  t.same(addressesAt(owncast), ['127.0.0.1', '::1'])
})

test('behind a trusted proxy a viewer is who it names, in the form that Owncast compares', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, ['--trust-proxy', '127.0.0.1'], clock)
  const named = [
    '203.0.113.1',
    '::ffff:203.0.113.1',
    '203.0.113.1:5060',
    '6.6.6.6, 203.0.113.1',
    '2001:DB8::9',
    '[2001:db8::9]:443'
  ]
  for (const address of named)
    await ask(edge.address, live, { fields: ['User-Agent', vlc.userAgent, 'X-Forwarded-For', address] })
  await inTime(clock, 'both are counted', () => owncast.viewers().length === 2)
  t.same(addressesAt(owncast), ['2001:db8::9', '203.0.113.1'])
  t.equal(edge.read().viewers.total, 2)
})

test('a ping is answered here as Owncast answers it', async (t) => {
  const owncast = await startOwncast({ live: false })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  for (const method of ['GET', 'HEAD']) {
    const answer = await ask(edge.address, '/api/ping?1', { method })
    t.equal(answer.status, 200)
    t.equal(answer.field('content-length'), '0')
    t.equal(answer.field('cache-control'), undefined)
  }
  t.equal(owncast.requests.count(/ping/), 0)
  await ask(edge.address, '/api/ping', { method: 'POST' })
  t.equal(owncast.requests.count('/api/ping'), 1, 'other methods are none of ours')
  t.equal(edge.read().answers.ping, 2)
})

test('with tell-viewers off pings go past the cache and nobody is told of', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, ['--tell-viewers', 'off'], clock)
  await play(clock, 20_000, [edge.address], [web, vlc])
  t.equal(owncast.requests.count('/api/ping'), 5, 'every ping of the page, and no other')
  t.ok(owncast.requests.matching(/ping/).every(({ headers }) => headers['user-agent'] === web.userAgent))
  t.equal(edge.read().viewers.total, 2, 'the edge counts all the same')
})

test('nothing is told while the stream is offline, and everybody soon after it is online', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock, { live: false, onlineDelay: 7000 })
  const edge = await edgeBefore(t, owncast, [], clock)
  await play(clock, 20_000, [edge.address], players)
  t.equal(owncast.requests.count('/api/ping'), 0)
  t.ok(owncast.requests.count('/api/status') <= 65, 'asked three times a second at most, and by the page')
  owncast.goLive()
  const onlineAt = clock.now() + 7000
  await play(clock, 6500, [edge.address], players)
  t.equal(owncast.requests.count('/api/ping'), 0)
  await inTime(clock, 'all are told of', () => edge.read().viewers.pings.told === 5)
  const took = clock.now() - onlineAt
  t.ok(took > 0 && took <= 2500, `the last is told of ${took} ms after Owncast says online`)
  owncast.goOffline()
  await play(clock, 5000, [edge.address], players)
  await inTime(clock, 'the end is known', () => !edge.read().viewers.isOnline)
  owncast.requests.reset()
  await play(clock, 20_000, [edge.address], players)
  t.equal(owncast.requests.count('/api/ping'), 0)
})

test('when Owncast takes no pings they are shed, while video flows', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, [], clock)
  await ask(edge.address, live, { fields: ['User-Agent', vlc.userAgent] })
  await inTime(clock, 'the stream is known to be online', () => edge.read().viewers.isOnline)
  await inTime(clock, 'the first is told of', () => edge.read().viewers.pings.told === 1)
  const gate = owncast.faults.hold(/ping/)
  const crowd = Array.from({ length: 300 }, (_, i): Ask => ({ fields: ['User-Agent', `Kodi/${i}`] }))
  const come = () => Promise.all(crowd.map((viewer) => ask(edge.address, live, viewer)))
  const answers = await come()
  t.ok(answers.every(({ status }) => status === 200))
  t.match(edge.read().viewers, { total: 301, pings: { told: 1, shed: 44 } })
  const segments = answers[0]?.body.toString().match(/^stream-.*\.ts$/gm) ?? []
  for (const segment of segments.slice(-3))
    t.equal((await ask(edge.address, `/hls/0/${segment}`)).status, 200)
  gate.release()
  await until('those under way are told of', () => edge.read().viewers.pings.told === 257)
  await come()
  await until('the others with their next request', () => edge.read().viewers.pings.told === 301)
  t.equal(owncast.viewers().length, 301)
})

test('the admin listener says how many are watching', async (t) => {
  const clock = new ManualClock()
  const owncast = await owncastAt(t, clock)
  const edge = await edgeBefore(t, owncast, [], clock)
  const { host } = new URL(edge.adminAddress)
  t.same(JSON.parse(String((await ask(edge.adminAddress, '/viewers', { host })).body)), {
    total: 0,
    variants: {},
    online: false,
    pings: { told: 0, shed: 0, failed: 0 }
  })
  await ask(edge.address, live, { fields: ['User-Agent', vlc.userAgent] })
  await ask(edge.address, '/hls/1/stream.m3u8', { fields: ['User-Agent', mpv.userAgent] })
  await ask(edge.address, '/hls/stream.m3u8', { fields: ['User-Agent', web.userAgent] })
  await inTime(clock, 'all are told of', () => edge.read().viewers.pings.told === 3)
  t.same(JSON.parse(String((await ask(edge.adminAddress, '/viewers', { host })).body)), {
    total: 3,
    variants: { 0: 1, 1: 1 },
    online: true,
    pings: { told: 3, shed: 0, failed: 0 }
  })
  const metrics = String((await ask(edge.adminAddress, '/metrics', { host })).body)
  for (const line of [
    'owncast_edge_viewers{variant="0"} 1',
    'owncast_edge_viewers{variant="1"} 1',
    'owncast_edge_viewers{variant="none"} 1',
    'owncast_edge_pings_total{result="told"} 3',
    'owncast_edge_pings_total{result="shed"} 0',
    'owncast_edge_pings_total{result="failed"} 0'
  ])
    t.ok(metrics.includes(`${line}\n`), line)
})
