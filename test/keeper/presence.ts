import { type Test, test } from 'tap'
import type { Milliseconds, Visitor } from '../../src/cache.ts'
import { streamChanged } from '../../src/keeper/events.ts'
import { Pinger } from '../../src/keeper/pinger.ts'
import { Presence } from '../../src/keeper/presence.ts'
import { Register } from '../../src/keeper/presence-register.ts'
import { OwncastInTime } from '../fixtures/owncast-in-time.ts'

const minute: Milliseconds = 60_000
const multivariant = '/hls/stream.m3u8'
const playlist = '/hls/0/stream.m3u8'

const web: Visitor = { address: '192.0.2.1', userAgent: 'Mozilla/5.0 (X11) Firefox/140.0' }
const vlc: Visitor = { address: '192.0.2.2', userAgent: 'VLC/3.0.21 LibVLC/3.0.21' }
const mpv: Visitor = { address: '2001:db8::3', userAgent: 'mpv 0.39.0' }
const box: Visitor = { address: '192.0.2.4', userAgent: 'Lavf/61.7.100' }
const nameless: Visitor = { address: '192.0.2.5', userAgent: undefined }

type Visit = (visitor: Visitor, key?: string) => void

/** What everybody does at one moment: a page reloads and pings, players of several kinds reload. */
function everybody(elapsed: Milliseconds, visit: Visit): void {
  if (elapsed % 3000 === 350) visit(web, playlist)
  if (elapsed % 4000 === 150) visit(web)
  if (elapsed % 3000 === 1200) visit(vlc, playlist)
  if (elapsed % 1000 === 50) visit(mpv, '/hls/1/stream.m3u8')
  if (elapsed % 5000 === 4300) visit(box, playlist)
  if (elapsed % 2000 === 700) visit(nameless, playlist)
}

async function online(t: Test): Promise<{ owncast: OwncastInTime; presence: Presence; visit: Visit }> {
  const owncast = new OwncastInTime()
  const presence = owncast.presence()
  t.teardown(() => presence.close())
  owncast.channel.connect()
  await owncast.pass(10_000)
  return { owncast, presence, visit: (visitor, key) => owncast.visit(presence, visitor, key) }
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)
const idsOf = (viewers: readonly { clientId: string }[]): string[] =>
  viewers.map(({ clientId }) => clientId).sort()

test('for ten minutes everybody is counted as without an edge, by one ping every 8 to 10 s', async (t) => {
  const { owncast, presence, visit } = await online(t)
  const differences: Milliseconds[] = []
  await owncast.pass(10 * minute, (elapsed) => {
    everybody(elapsed, visit)
    const same = idsOf(owncast.viewers.list()).join() === idsOf(owncast.viewersWithoutEdge.list()).join()
    // Whoever comes first waits until it is known that the stream is online.
    if (!same && elapsed > 200) differences.push(elapsed)
  })
  t.same(differences, [])
  for (const visitor of [web, vlc, mpv, box, nameless]) {
    const gaps = owncast.gapsOf(visitor).slice(1)
    t.ok(Math.min(...gaps) >= 8000, `${visitor.userAgent}: never sooner, ${Math.min(...gaps)}`)
    t.ok(Math.max(...gaps) <= 10_000, `${visitor.userAgent}: never later, ${Math.max(...gaps)}`)
  }
  t.equal(owncast.pings.filter(({ visitor }) => visitor === vlc).length, 67, 'every third reload of VLC')
  t.equal(owncast.pings.filter(({ visitor }) => visitor === box).length, 60, 'every second reload of a box')
  t.same(presence.viewership().variants, { 0: 4, 1: 1 })
  t.ok(owncast.statusRequests.length <= 122, 'and /api/status is asked no more often than by a page')
})

test('whoever asks at least every ten seconds is never lost, and not told of more than they ask', async (t) => {
  for (let gap = 1000; gap <= 10_000; gap += 250) {
    const { owncast, visit } = await online(t)
    let lost = 0
    let visits = 0
    await owncast.pass(2 * minute, (elapsed) => {
      if (elapsed % gap === 50) {
        visit(vlc, playlist)
        visits++
      }
      if (elapsed > 200 && owncast.viewers.list().length !== 1) lost++
    })
    t.equal(lost, 0, `every ${gap} ms: is never lost`)
    const [shortest, longest] = [Math.min(...owncast.gapsOf(vlc).slice(1)), Math.max(...owncast.gapsOf(vlc))]
    t.ok(longest <= 11_000, `every ${gap} ms: is told within 11 s, ${longest}`)
    if (gap <= 3500) t.ok(shortest >= 8000, `every ${gap} ms: is told every 8 s at the most, ${shortest}`)
    t.ok(owncast.pings.length <= visits)
  }
})

test('players that keep no time are never lost either', async (t) => {
  const { owncast, visit } = await online(t)
  const nextAt = new Map<Visitor, Milliseconds>()
  const players = Array.from(
    { length: 50 },
    (_, i): Visitor => ({ address: `10.0.0.${i}`, userAgent: `${i}` })
  )
  let turn = 0
  let lost = 0
  await owncast.pass(5 * minute, (elapsed) => {
    for (const player of players) {
      if (elapsed < (nextAt.get(player) ?? 0)) continue
      visit(player, playlist)
      turn = (turn + 0.6180339887) % 1
      nextAt.set(player, elapsed + 1500 + 4500 * turn)
    }
    if (elapsed > 1000 && owncast.viewers.list().length !== players.length) lost++
  })
  t.equal(lost, 0)
  t.ok(owncast.pings.length < (players.length * 5 * minute) / 8000, 'at less than one ping in 8 s each')
})

test('who stops is gone here after 15 s, and at Owncast no later than without an edge', async (t) => {
  for (let stays = 20_000; stays <= 30_000; stays += 850) {
    const { owncast, presence, visit } = await online(t)
    let lastSeen = 0
    let goneHere = 0
    let gone = 0
    let goneWithoutEdge = 0
    await owncast.pass(minute, (elapsed) => {
      if (elapsed <= stays && elapsed % 3000 === 350) {
        visit(vlc, playlist)
        lastSeen = elapsed
      }
      if (elapsed < stays) return
      if (presence.viewership().total === 0) goneHere ||= elapsed
      if (owncast.viewers.list().length === 0) gone ||= elapsed
      if (owncast.viewersWithoutEdge.list().length === 0) goneWithoutEdge ||= elapsed
    })
    t.equal(goneHere, lastSeen + 15_050)
    t.ok(
      gone > lastSeen && gone <= goneWithoutEdge,
      `${gone - lastSeen} ms after, ${goneWithoutEdge - lastSeen} without`
    )
    t.equal(owncast.pings.filter(({ at }) => at > owncast.clock.now() - minute + lastSeen).length, 0)
  }
})

test('who comes is told of at once, and who comes back as well', async (t) => {
  const { owncast, visit } = await online(t)
  await owncast.pass(1000, (elapsed) => {
    if (elapsed === 50) visit(web, multivariant)
  })
  visit(vlc, playlist)
  t.same(owncast.pings.at(-1), { at: owncast.clock.now(), visitor: vlc })
  await owncast.pass(20_000)
  const before = owncast.pings.length
  visit(vlc, playlist)
  await owncast.pass(1200)
  t.equal(owncast.pings.length, before + 1)
})

test('the same viewer on several connections, by playlists and pings, is told of once', async (t) => {
  const { owncast, presence, visit } = await online(t)
  await owncast.pass(minute, (elapsed) => {
    if (elapsed % 1000 === 0) visit({ ...web }, elapsed % 3000 === 0 ? playlist : undefined)
  })
  t.equal(presence.viewership().total, 1)
  t.ok(owncast.pings.length <= 8, `${owncast.pings.length} pings`)
})

test('nobody is told of while the stream is offline; all are within a second of its coming', async (t) => {
  const owncast = new OwncastInTime()
  const presence = owncast.presence()
  t.teardown(() => presence.close())
  const visit: Visit = (visitor, key) => owncast.visit(presence, visitor, key)
  await owncast.pass(minute, (elapsed) => everybody(elapsed, visit))
  t.equal(owncast.pings.length, 0)
  t.ok(owncast.statusRequests.length <= 172, 'status is asked three times a second at most')
  t.equal(presence.viewership().total, 5, 'while they are counted here')
  owncast.channel.connect()
  let firstAt: Milliseconds = 0
  let allAt: Milliseconds = 0
  await owncast.pass(20_000, (elapsed) => {
    everybody(elapsed, visit)
    if (owncast.pings.length > 0) firstAt ||= elapsed
    if (owncast.viewers.list().length === 5) allAt ||= elapsed
  })
  t.ok(firstAt >= 9000 && firstAt <= 9500, `the first ${firstAt - 9000} ms after Owncast says online`)
  t.ok(allAt <= 10_000, `all ${allAt - 9000} ms after`)
  t.equal(new Set(owncast.pings.slice(0, 5).map(({ visitor }) => visitor)).size, 5, 'each once')
})

test('when a playlist ends there are no more pings, and /api/status decides whether it is so', async (t) => {
  const { owncast, visit } = await online(t)
  await owncast.pass(20_000, (elapsed) => everybody(elapsed, visit))
  owncast.channel.disconnect()
  streamChanged.publish({ key: playlist, what: 'ended' })
  await owncast.pass(1100, (elapsed) => everybody(elapsed, visit))
  const before = owncast.pings.length
  await owncast.pass(minute, (elapsed) => everybody(elapsed, visit))
  t.equal(owncast.pings.length, before)
})

test('a playlist that is missing for a moment stops nobody from being told of, nor has all told of anew', async (t) => {
  const { owncast, visit } = await online(t)
  await owncast.pass(5 * minute, (elapsed) => {
    everybody(elapsed, visit)
    if (elapsed % 500 === 0) streamChanged.publish({ key: '/hls/99/stream.m3u8', what: 'missing' })
  })
  t.equal(owncast.viewers.list().length, 5)
  for (const visitor of [web, vlc, mpv, box]) t.ok(Math.min(...owncast.gapsOf(visitor).slice(1)) >= 8000)
  t.ok(owncast.statusRequests.length <= 302, 'at one request a second')
})

test('after a restart of the stream everybody is counted again', async (t) => {
  const { owncast, visit } = await online(t)
  await owncast.pass(30_000, (elapsed) => everybody(elapsed, visit))
  owncast.channel.disconnect()
  streamChanged.publish({ key: playlist, what: 'ended' })
  await owncast.pass(30_000, (elapsed) => everybody(elapsed, visit))
  t.equal(owncast.viewers.list().length, 0)
  owncast.channel.connect()
  await owncast.pass(11_000, (elapsed) => everybody(elapsed, visit))
  t.equal(owncast.viewers.list().length, 5)
})

test('with an edge behind the edge everybody is told of once as well', async (t) => {
  const { owncast, presence: inner } = await online(t)
  const { clock } = owncast
  const line = {
    send: ({ visitor, over }: { visitor: Visitor; over(result: 'told'): void }) => {
      inner.seen({ ...visitor }, undefined)
      over('told')
    },
    close: async () => {}
  }
  const pinger = new Pinger({ line, clock, isDown: () => false })
  const outer = new Presence({ register: new Register(clock), clock, cache: owncast.statusCache(), pinger })
  t.teardown(() => outer.close())
  let lost = 0
  await owncast.pass(5 * minute, (elapsed) => {
    everybody(elapsed, (visitor, key) => outer.seen(visitor, key))
    if (elapsed > 11_000 && owncast.viewers.list().length !== 5) lost++
  })
  t.equal(lost, 0)
  t.equal(inner.viewership().total, 5)
  for (const visitor of [web, vlc, mpv, box]) {
    const gaps = owncast.gapsOf(visitor).slice(1)
    t.ok(
      Math.min(...gaps) >= 8000 && Math.max(...gaps) <= 10_000,
      `${Math.min(...gaps)} to ${Math.max(...gaps)}`
    )
  }
})

test('ten thousand viewers cost about a thousand pings a second, never more at once than is allowed', async (t) => {
  const owncast = new OwncastInTime()
  const { clock } = owncast
  const perSecond = new Array<number>(61).fill(0)
  let underWay = 0
  let most = 0
  const line = {
    send: ({ over }: { over(result: 'told'): void }) => {
      underWay++
      most = Math.max(most, underWay)
      const second = Math.floor(elapsedNow / 1000)
      perSecond[second]!++
      clock.after(20, () => {
        underWay--
        over('told')
      })
    },
    close: async () => {}
  }
  const pinger = new Pinger({ line, clock, isDown: () => false })
  const presence = new Presence({
    register: new Register(clock),
    clock,
    cache: owncast.statusCache(),
    pinger
  })
  t.teardown(() => presence.close())
  const crowd = Array.from(
    { length: 10_000 },
    (_, i): Visitor => ({ address: `10.0.${i >> 8}.${i & 255}`, userAgent: 'x' })
  )
  let elapsedNow = 0
  const everyone = (elapsed: Milliseconds): void => {
    elapsedNow = elapsed
    for (let i = (elapsed / 50) % 60; i < crowd.length; i += 60) presence.seen(crowd[i] as Visitor, playlist)
  }
  owncast.channel.connect()
  await owncast.pass(minute, everyone)
  const firstSecond = perSecond.findIndex((count) => count > 0)
  t.ok(
    sum(perSecond.slice(firstSecond, firstSecond + 3)) >= 10_000,
    'all within two seconds of its being known that the stream is online'
  )
  const later = perSecond.slice(-28, -1)
  const mean = sum(later) / later.length
  t.ok(mean > 1000 && mean < 1200, `${Math.round(mean)} a second`)
  t.ok(Math.max(...later) <= 1.5 * mean, `${Math.max(...later)} in the busiest second`)
  t.ok(most <= 256, `${most} under way at once`)
  t.equal(presence.viewership().total, 10_000)
  t.equal(presence.viewership().pings.shed, 0)
})

test('beyond a hundred thousand viewers nobody new is told of, and it shows', async (t) => {
  const { presence } = await online(t)
  for (let i = 0; i < 100_001; i++) presence.seen({ address: `10.${i}`, userAgent: 'x' }, playlist)
  t.equal(presence.viewership().total, 100_000)
  t.equal(presence.viewership().pings.shed, 1)
})

test('when this process cannot keep up, pings are what it leaves out', async (t) => {
  const { owncast, presence, visit } = await online(t)
  visit(vlc, playlist)
  await owncast.pass(1000)
  t.equal(owncast.pings.length, 1)
  const { clock } = owncast
  // Something holds the event loop for 200 ms: the beat comes that much later.
  const real = clock.now.bind(clock)
  clock.now = () => real() + 200
  clock.pass(50)
  visit(web, playlist)
  t.equal(owncast.pings.length, 1)
  t.equal(presence.viewership().pings.shed, 1)
  await owncast.pass(100)
  visit(web, playlist)
  t.equal(owncast.pings.length, 2, 'at the next sighting they are told of')
})

test('a clock that is set back stops nobody from being told of', async (t) => {
  const { owncast, presence, visit } = await online(t)
  await owncast.pass(20_000, (elapsed) => everybody(elapsed, visit))
  const { clock } = owncast
  const real = clock.now.bind(clock)
  clock.now = () => real() - 3_600_000
  const before = owncast.pings.length
  await owncast.pass(20_000, (elapsed) => everybody(elapsed, (visitor, key) => presence.seen(visitor, key)))
  t.ok(owncast.pings.length >= before + 10, `${owncast.pings.length - before} pings in 20 s`)
  t.equal(presence.viewership().total, 5)
})

test('where nobody is to be told, viewers are counted and pings are not ours to answer', async (t) => {
  const owncast = new OwncastInTime()
  const { clock } = owncast
  const presence = new Presence({
    register: new Register(clock),
    clock,
    cache: owncast.statusCache(),
    pinger: undefined
  })
  t.teardown(() => presence.close())
  t.equal(presence.answersPings, false)
  await owncast.pass(minute, (elapsed) => everybody(elapsed, (visitor, key) => presence.seen(visitor, key)))
  t.same(presence.viewership(), {
    total: 5,
    variants: { 0: 4, 1: 1 },
    isOnline: false,
    pings: { told: 0, shed: 0, failed: 0 }
  })
  t.equal(owncast.statusRequests.length, 0)
})

test('nothing happens while nobody is here, nor after the end', async (t) => {
  const { owncast, presence, visit } = await online(t)
  t.equal(owncast.statusRequests.length, 0)
  visit(vlc, playlist)
  await owncast.pass(minute)
  const asked = owncast.statusRequests.length
  t.ok(asked > 0)
  await owncast.pass(10 * minute)
  t.equal(owncast.statusRequests.length, asked, 'quarter of a minute after the last has left it is quiet')
  visit(vlc, playlist)
  await presence.close()
  await owncast.pass(minute)
  t.equal(owncast.statusRequests.length, asked)
})
