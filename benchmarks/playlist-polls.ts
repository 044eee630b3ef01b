import { percentile } from '../src/bench/statistics.ts'
import { table } from '../src/bench/table.ts'
import type { Milliseconds } from '../src/cache.ts'
import { inTurn, type Results } from './lib/in-turn.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import { type Answer, atMost, type Question } from './lib/question.ts'
import { describe, spreadOf } from './lib/ratios.ts'
import type { Turn } from './lib/stand.ts'

/** What a second of polls came to. */
interface Polls {
  readonly originRequests: number
  readonly p99: Milliseconds
}

const polls = 300

export const playlistPolls: Question = {
  name: 'playlist-polls',
  asks: `What reaches the origin of ${polls} playlist requests in a second, each with another query to bust caches?`,
  async run(options) {
    return answerOf(await inTurn(options, { startOrigin: syntheticOrigin({ segmentBytes: 1e6 }) }, poll))
  }
}

/** The second second: in the first one, the contender has just seen its first request. */
async function poll({ standing, load, origin }: Turn): Promise<Polls> {
  await load.open({ port: standing.port, isTls: false }, polls)
  await load.ask(targetsOf('first'), 1000)
  await origin.counts()
  const arrivals = await load.ask(targetsOf('second'), 1000)
  const wrong = arrivals.find(({ status }) => status !== 200)
  if (wrong !== undefined) throw new Error(`an answer with status ${wrong.status}`)
  return {
    originRequests: playlistsIn(await origin.counts()),
    p99: percentile(
      arrivals.map(({ lastByte }) => lastByte),
      0.99
    )
  }
}

/** As Owncast's own player busts caches (owncast.md §6). */
function targetsOf(round: string): string[] {
  return Array.from({ length: polls }, (_, index) => `/hls/0/stream.m3u8?cachebust=${round}${index}`)
}

function playlistsIn(counts: ReadonlyMap<string, number>): number {
  return [...counts].reduce(
    (sum, [target, count]) => (target.startsWith('/hls/0/stream.m3u8') ? sum + count : sum),
    0
  )
}

function answerOf(results: Results<Polls>): Answer {
  const rows = [...results.keys()].map((name) => [
    name,
    describe(spreadOf(results, name, ({ originRequests }) => originRequests)),
    describe(spreadOf(results, name, ({ p99 }) => p99))
  ])
  return {
    figures: { results: Object.fromEntries(results) },
    table: table([`${polls} polls`, 'origin requests', 'p99 ms'], rows),
    goals: atMost(
      'origin requests',
      spreadOf(results, 'owncast-edge', ({ originRequests }) => originRequests).max,
      2
    )
  }
}
