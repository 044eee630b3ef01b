import type { Summary } from '../src/bench/run.ts'
import { type Row, table } from '../src/bench/table.ts'
import type { Bytes } from '../src/cache.ts'
import { cores } from './lib/cores.ts'
import { inTurn, type Results } from './lib/in-turn.ts'
import { OwncastServer } from './lib/owncast-server.ts'
import { cpuOf } from './lib/proc.ts'
import type { Answer, Options, Question } from './lib/question.ts'
import { describe, spreadOf } from './lib/ratios.ts'
import { Remote } from './lib/remote.ts'
import type { Turn } from './lib/stand.ts'

/** How an audience fared in one round, and what it cost. */
interface Show extends Summary {
  /** What went over the line from the house. */
  readonly line: Bytes
  /** Shares of a core. */
  readonly serverCpu: number
  readonly originCpu: number
}

/** In Mbit/s. */
const lines = [20, 100]
/** 2.8 Mbit/s in segments of three seconds, which is what Owncast does by itself. */
const segmentBytes = 1.05e6

/** Only the two that it is about: everybody watches the plain origin, and everybody watches the edge before it. */
export const viewers: Question = {
  name: 'viewers',
  asks: 'How many viewers does a home line serve, by itself and with an edge?',
  async run({ contenders, rounds, ...options }) {
    const chosen = contenders.filter(
      ({ name, abilities }) => name === 'owncast-edge' || abilities.includes('origin')
    )
    const shown: [number, Results<Show>][] = []
    for (const line of lines) {
      const startOrigin = (core: number): Promise<OwncastServer> =>
        OwncastServer.start({ uplink: line * 1e6, segmentBytes, startupGap: 0 }, core)
      const narrowed = { ...options, contenders: chosen, rounds: Math.min(rounds, 3) }
      options.say(`a line of ${line} Mbit/s`)
      shown.push([line, await inTurn(narrowed, { startOrigin }, (turn) => show(turn, narrowed))])
    }
    return answerOf(shown)
  }
}

/** The audience grows for two thirds of the time, one viewer after another, and some leave and are followed by others. */
async function show({ standing, origin }: Turn<OwncastServer>, { quick }: Options): Promise<Show> {
  const players = new Remote(new URL('lib/players.js', import.meta.url), cores().load)
  const [count, seconds] = quick ? [30, 12] : [300, 60]
  const entrance = `http://127.0.0.1:${standing.port}/hls/stream.m3u8`
  const before = [cpuOf(standing.pid), cpuOf(origin.pid)] as const
  try {
    const summary = await players.call<Summary>('watch', {
      entrance,
      viewers: count,
      seconds,
      ramp: (seconds * 2) / 3,
      churn: 0.1
    })
    const share = (pid: number, since: number): number => (cpuOf(pid) - since) / 1e6 / seconds
    return {
      ...summary,
      line: await origin.bytes(),
      serverCpu: share(standing.pid, before[0]),
      originCpu: share(origin.pid, before[1])
    }
  } finally {
    await players.stop()
  }
}

function answerOf(shown: readonly (readonly [number, Results<Show>])[]): Answer {
  const tables = shown.map(([line, results]) => {
    const names = [...results.keys()]
    return table(
      [`${line} Mbit/s`, ...names],
      measures.map(([says, of]) => rowOf(says, names, results, of))
    )
  })
  return {
    figures: {
      lines: Object.fromEntries(shown.map(([line, results]) => [line, Object.fromEntries(results)]))
    },
    table: tables.join('\n\n'),
    goals: []
  }
}

const measures: readonly (readonly [string, (show: Show) => number])[] = [
  ['viewers at once, until the first stall', ({ smooth }) => smooth],
  ['visits', ({ visits }) => visits],
  ['visits without a stall, %', ({ undisturbed }) => undisturbed * 100],
  ['stalls', ({ stalls }) => stalls],
  ['time spent waiting, %', ({ waiting }) => waiting * 100],
  ['no picture within 10 s', ({ unserved }) => unserved],
  ['first picture after, median, s', ({ startup }) => startup.median / 1000],
  ['first picture after, p99, s', ({ startup }) => startup.p99 / 1000],
  ['behind live, median, s', ({ latency }) => latency.median],
  ['behind live, at most, s', ({ latency }) => latency.max],
  ['errors', ({ errors }) => Object.values(errors).reduce((sum, count) => sum + count, 0)],
  ['over the home line, MB', ({ line }) => line / 1e6],
  ['to viewers, MB', ({ bytes }) => bytes / 1e6],
  ['processor of the server, %', ({ serverCpu }) => serverCpu * 100],
  ['processor of the origin, %', ({ originCpu }) => originCpu * 100],
  ['lateness of the players themselves, p99, ms', ({ lag }) => lag]
]

function rowOf(
  says: string,
  names: readonly string[],
  results: Results<Show>,
  of: (show: Show) => number
): Row {
  return [says, ...names.map((name) => describe(spreadOf(results, name, of)))]
}
