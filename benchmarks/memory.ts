import { readFileSync } from 'node:fs'
import { median } from '../src/bench/statistics.ts'
import { figure, table } from '../src/bench/table.ts'
import { inTurn, type Results } from './lib/in-turn.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import { peakResidentOf, residentOf } from './lib/proc.ts'
import { type Answer, atMost, type Options, type Question } from './lib/question.ts'
import { describe, spreadOf } from './lib/ratios.ts'
import type { Turn } from './lib/stand.ts'

/** All in megabytes of resident memory. */
interface Held {
  readonly before: number
  readonly peak: number
  /** How many there were in the end, of what the question is about. */
  readonly count: number
  /** Of slow readers: what they got, of what their lines could have carried, from 0 to 1. */
  readonly pace?: number
}

const segmentBytes = 2e6
const segment = '/hls/0/stream-benchmark-1.ts'
const self = 'owncast-edge'
const startOrigin = syntheticOrigin({ segmentBytes })

export const memory: Question = {
  name: 'memory',
  asks: 'How much memory do a full cache, slow readers and chats take?',
  async run({ rounds, ...rest }) {
    // It varies little from round to round, and each takes its time.
    const options = { ...rest, rounds: Math.min(rounds, 3) }
    const cached = { startOrigin, abilities: ['cache'] } as const
    const passing = await inTurn(options, { ...cached, cacheSize: 64 }, (turn) => passThrough(turn, options))
    const reading = await inTurn(options, cached, (turn) => readSlowly(turn, options))
    const talking = await inTurn(options, { startOrigin, abilities: ['tunnel', 'cache'] }, (turn) =>
      talk(turn, options)
    )
    return answerOf(passing, reading, talking)
  }
}

/** 4 GB of segments through a cache of 64 MB. */
async function passThrough({ standing, load }: Turn, { quick }: Options): Promise<Held> {
  const before = megabytes(residentOf(standing.pid))
  await load.open({ port: standing.port, isTls: false }, 8)
  const { answers, failures } = await load.loop({
    target: '/hls/0/stream-benchmark-{n}.ts',
    answers: quick ? 250 : 2000
  })
  if (failures > 0) throw new Error(`${failures} of ${answers} segments did not arrive`)
  return { before, peak: megabytes(peakResidentOf(standing.pid)), count: answers }
}

/** Readers at 1 Mbit/s each of one stored segment, which takes them 16 seconds. */
async function readSlowly({ standing, load }: Turn, { quick }: Options): Promise<Held> {
  await load.open({ port: standing.port, isTls: false }, 1)
  await load.loop({ target: segment, answers: 20 })
  const before = megabytes(residentOf(standing.pid))
  const readers = Math.min(quick ? 500 : 10_000, mostOpenFiles() - 1000)
  const [rate, seconds] = [1e6, quick ? 4 : 14]
  const { served, bytes } = await load.readSlowly({
    port: standing.port,
    target: segment,
    readers,
    rate,
    seconds
  })
  if (served < readers) throw new Error(`${readers - served} of ${readers} readers were sent away`)
  const pace = bytes / ((readers * rate * seconds) / 8)
  return { before, peak: megabytes(peakResidentOf(standing.pid)), count: served, pace }
}

/** Chats that have all brought a message there and back. */
async function talk({ standing, load }: Turn, { quick }: Options): Promise<Held> {
  const before = megabytes(residentOf(standing.pid))
  const count = Math.min(quick ? 300 : 5000, Math.floor(mostOpenFiles() / 2) - 1000)
  const open = await load.openTunnels({ port: standing.port, count })
  await load.echo()
  return { before, peak: megabytes(peakResidentOf(standing.pid)), count: open }
}

function answerOf(passing: Results<Held>, reading: Results<Held>, talking: Results<Held>): Answer {
  const peak = (results: Results<Held>): number => spreadOf(results, self, ({ peak }) => peak).median
  const tables = [
    tableOf('segments of 2 MB through 64 MB', passing),
    tableOf('slow readers of one segment', reading),
    tableOf('chats', talking),
    'Not counted: the files in memory that nginx and Traffic Server store in. Counted: the log that Varnish shares.'
  ]
  return {
    figures: {
      passing: Object.fromEntries(passing),
      reading: Object.fromEntries(reading),
      talking: Object.fromEntries(talking)
    },
    table: tables.join('\n\n'),
    goals: [
      ...atMost('4 GB through a cache of 64 MB, peak MB', peak(passing), 64 + 130),
      ...atMost('10,000 slow readers, peak MB', peak(reading), 250)
    ]
  }
}

function tableOf(title: string, results: Results<Held>): string {
  const rows = [...results.keys()].map((name) => {
    const spread = (of: (held: Held) => number): string => describe(spreadOf(results, name, of))
    return [
      name,
      spread(({ count }) => count),
      spread(({ before }) => before),
      spread(({ peak }) => peak),
      spread(({ before, peak, count }) => ((peak - before) * 1000) / count),
      describePace(results.get(name) ?? [])
    ]
  })
  return table([title, 'count', 'MB before', 'MB at most', 'KB for each', ''], rows)
}

function describePace(held: readonly Held[]): string {
  const paces = held.map(({ pace }) => pace).filter((pace) => pace !== undefined)
  return paces.length === 0 ? '' : `at ${figure(median(paces) * 100)} % of their pace`
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10
}

/** How many files a process of ours may have open at the most. */
function mostOpenFiles(): number {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 4096)
}
