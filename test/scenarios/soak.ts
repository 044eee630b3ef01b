import { test } from 'tap'
import type { Milliseconds } from '../../src/cache.ts'
import { type Owncast, startOwncast } from '../../src/demo/owncast.ts'
import type { Edge } from '../../src/edge.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { until } from '../fixtures/until.ts'

const step: Milliseconds = 500
/** In such pieces does time pass, with what is under way in between. */
const piece: Milliseconds = 100
const second: Milliseconds = 1000
const minute: Milliseconds = 60_000

/** Somebody who reloads a playlist and fetches what is new in it, and remembers what went wrong. */
class Player {
  readonly userAgent: string
  readonly wrong: string[] = []
  polls = 0
  segments = 0
  readonly #address: string
  readonly #variant: number
  readonly #every: Milliseconds
  readonly #seen = new Set<string>()

  constructor(address: string, userAgent: string, variant: number, every: Milliseconds) {
    this.#address = address
    this.userAgent = userAgent
    this.#variant = variant
    this.#every = every
  }

  async play(elapsed: Milliseconds): Promise<void> {
    if (elapsed % this.#every !== 0) return
    const playlist = await this.#ask('stream.m3u8')
    this.polls++
    if (playlist.status !== 200) return void this.wrong.push(`${elapsed}: playlist ${playlist.status}`)
    const listed = playlist.body.toString().match(/^stream-.*\.ts$/gm) ?? []
    for (const name of listed.slice(-3)) await this.#fetch(name, elapsed)
  }

  async #fetch(name: string, elapsed: Milliseconds): Promise<void> {
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const { status, isComplete, body } = await this.#ask(name)
    this.segments++
    const isSound = isComplete && body.length > 0 && body.length % 188 === 0 && body[0] === 0x47
    // A stream that was restarted took what it had listed along.
    if (status === 404 && isComplete && restarts.some((at) => elapsed >= at && elapsed - at < 4 * second))
      return
    if (status !== 200 || !isSound)
      this.wrong.push(`${elapsed}: ${name} ${status}, ${isComplete ? 'complete' : 'broken'} ${body.length}`)
  }

  #ask(name: string) {
    return ask(this.#address, `/hls/${this.#variant}/${name}`, { fields: ['User-Agent', this.userAgent] })
  }
}

/** What happens in each of the ten minutes, by when. */
const story: [Milliseconds, (owncast: Owncast) => unknown][] = [
  [30 * second, ({ faults }) => faults.add({ kind: 'break', target: /\.ts$/, bytes: 5000, times: 3 })],
  [61 * second, (owncast) => owncast.restart()],
  [90 * second, ({ faults }) => faults.add({ kind: 'missing', target: /\.ts$/, times: 1 })],
  [120 * second, ({ faults }) => faults.refuse()],
  [132 * second, ({ faults }) => faults.accept()],
  [
    160 * second,
    ({ faults }) => faults.add({ kind: 'truncated', target: /m3u8$|ts$/, bytes: 300, times: 2 })
  ],
  [190 * second, (owncast) => owncast.goOffline()],
  [230 * second, (owncast) => owncast.goLive()],
  [270 * second, ({ faults }) => faults.add({ kind: 'status', status: 500, target: /m3u8$/, times: 3 })],
  [300 * second, ({ faults }) => faults.refuse('reset')],
  [325 * second, ({ faults }) => faults.accept()],
  [360 * second, ({ faults }) => faults.add({ kind: 'break', bytes: 0, times: 4 })],
  [391 * second, (owncast) => owncast.restart()],
  [393 * second, (owncast) => owncast.restart()],
  [420 * second, ({ faults }) => faults.add({ kind: 'malformed', target: /m3u8$/, times: 2 })],
  [450 * second, (owncast) => owncast.goOffline()],
  [455 * second, (owncast) => owncast.goLive()],
  [480 * second, ({ faults }) => faults.add({ kind: 'break', target: /\.ts$/, bytes: 9000, times: 6 })],
  [520 * second, ({ faults }) => faults.refuse()],
  [530 * second, (owncast) => owncast.restart()],
  [535 * second, ({ faults }) => faults.accept()]
]

const restarts = story.filter(([, happen]) => /restart|goO/.test(happen.toString())).map(([at]) => at)

test('ten minutes with restarts, pauses, outages and broken lines, through two tiers: all play, then nothing is held', {
  timeout: 200_000
}, async (t) => {
  const clock = new ManualClock()
  const owncast = await startOwncast({ clock, latencyLevel: 1, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const inner = await edgeBefore(t, owncast, ['--trust-proxy', '127.0.0.1'], clock)
  const outer = await edgeBefore(t, inner, [], clock)
  const players = [
    new Player(inner.address, 'VLC/3.0.21', 0, 2000),
    new Player(inner.address, 'mpv 0.39', 1, 1000),
    new Player(outer.address, 'Lavf/61.7', 0, 2000),
    new Player(outer.address, 'Firefox/140', 1, 1500)
  ]
  for (let elapsed = step; elapsed <= 10 * minute; elapsed += step) {
    for (let passed = 0; passed < step; passed += piece) {
      clock.pass(piece)
      await patience(() => inner.read().fills + outer.read().fills <= outer.read().playlists.length)
    }
    for (const [at, happen] of story) if (at === elapsed) await happen(owncast)
    let isOver = false
    const played = Promise.all(players.map((player) => player.play(elapsed))).then(() => (isOver = true))
    while (!isOver) {
      await patience(() => isOver)
      if (!isOver) clock.pass(piece)
    }
    await played
  }
  await until('each is counted once', () => owncast.viewers().length === players.length)
  for (const { wrong, userAgent, polls, segments } of players) {
    t.same(wrong, [], `${userAgent} got every one of ${polls} playlists and ${segments} segments`)
    t.ok(segments >= 200, `${segments} segments`)
  }
  t.ok(inner.read().fillsResumed >= 5, 'broken lines were gone on with')
  t.equal(inner.read().fillsBroken, 0)

  await nothingIsHeld(outer, clock)
  // Its connections, which are kept for a while, are the last that the inner one has.
  await outer.close()
  await nothingIsHeld(inner, clock)
  t.equal(owncast.viewers().length, 0)
})

/**
 * Lets the sockets have their turns until there is calm, or until what is left can only be waiting for time to pass: on a
 * busy machine time must not pass faster for the streams than for the sockets.
 */
async function patience(isCalm: () => boolean): Promise<void> {
  let turns = 0
  do await new Promise((resolve) => setTimeout(resolve, 1))
  while (!isCalm() && ++turns < 30)
}

/** When all have left and everything is stale, an edge holds nothing. */
async function nothingIsHeld(edge: Edge, clock: ManualClock): Promise<void> {
  const held = (): Record<string, number> => {
    const { fills, heldBytes, storedResponses, connections, tunnels, playlists, viewers } = edge.read()
    const followed = playlists.length
    return { fills, heldBytes, storedResponses, connections, tunnels, followed, viewers: viewers.total }
  }
  const holds = (): boolean => Object.values(held()).some((count) => count > 0)
  await until('nothing is held', () => {
    clock.pass(5000)
    return !holds()
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(held())}`)
  })
}
