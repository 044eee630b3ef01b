import { setTimeout as sleep } from 'node:timers/promises'
import { percentile, spread } from '../src/bench/statistics.ts'
import { figure, table } from '../src/bench/table.ts'
import type { Milliseconds, Seconds } from '../src/cache.ts'
import { cores } from './lib/cores.ts'
import { LiveChain } from './lib/live-chain.ts'
import { type Answer, atMost, type Options, type Question } from './lib/question.ts'

/** How one latency level fared. */
interface Level {
  readonly level: number
  readonly segment: Seconds
  readonly segments: number
  /** Later than at the origin, at the edge and at an edge behind it. */
  readonly oneTier: readonly Milliseconds[]
  readonly twoTiers: readonly Milliseconds[]
  readonly asksPerSegment: number
  readonly asksPerSegmentOfOuter: number
}

const segmentsOf: readonly Seconds[] = [1, 2, 3, 4, 5]
const viewers = 40

export const live: Question = {
  name: 'live',
  asks: 'How much older is the playlist than at the origin, behind one edge and behind two, and what does that cost?',
  async run(options) {
    const levels: Level[] = []
    for (const [level, segment] of segmentsOf.entries()) {
      if (options.quick && level > 1) break
      options.say(`latency level ${level}`)
      levels.push(await follow(level, segment, options))
    }
    options.say(`${viewers} viewers`)
    return answerOf(levels, await pingInterval(options))
  }
}

/** Polls the origin and both edges every few milliseconds and notes who lists what first. */
async function follow(level: number, segment: Seconds, { quick }: Options): Promise<Level> {
  const chain = await LiveChain.start(level, cores())
  try {
    // The phase of the stream is found within the first segments.
    await chain.watch(3 * segment * 1000)
    chain.forget()
    await chain.reset()
    await chain.watch((quick ? 6 : Math.max(12, 40 / segment)) * segment * 1000)
    const { outer, inner } = await chain.playlistRequests()
    const segments = chain.segments
    return {
      level,
      segment,
      segments,
      oneTier: chain.delays('inner'),
      twoTiers: chain.delays('outer'),
      asksPerSegment: inner / segments,
      asksPerSegmentOfOuter: outer / segments
    }
  } finally {
    await chain.stop()
  }
}

/** How often Owncast is told about a viewer who polls as players do, in seconds. */
async function pingInterval({ quick }: Options): Promise<Seconds> {
  const chain = await LiveChain.start(2, cores())
  try {
    const until = Date.now() + (quick ? 15_000 : 45_000)
    await chain.poll(viewers, 2000)
    await sleep(5000)
    const from = Date.now()
    const before = await chain.pings()
    await chain.pollUntil(until, viewers, 2000)
    return ((Date.now() - from) / 1000) * (viewers / ((await chain.pings()) - before))
  } finally {
    await chain.stop()
  }
}

function answerOf(levels: readonly Level[], every: Seconds): Answer {
  const rows = levels.map(
    ({ level, segment, segments, oneTier, twoTiers, asksPerSegment, asksPerSegmentOfOuter }) => [
      `${level} (${segment} s)`,
      String(segments),
      described(oneTier),
      described(twoTiers),
      figure(asksPerSegment),
      figure(asksPerSegmentOfOuter)
    ]
  )
  const head = [
    'latency level',
    'segments',
    'one edge: median, worst ms',
    'two edges',
    'asks per segment',
    'of the outer'
  ]
  const worst = levels.map(({ oneTier, segment }) => Math.max(...oneTier) / (segment * 1000))
  return {
    figures: { levels, secondsBetweenPings: every },
    table: `${table(head, rows)}\n\nOwncast hears of each viewer every ${figure(every)} s`,
    goals: [
      ...atMost(
        'staleness in the median, ms',
        Math.max(...levels.map(({ oneTier }) => percentile(oneTier, 0.5))),
        250
      ),
      ...atMost('staleness at worst, in target durations', Math.max(...worst), 0.25),
      ...atMost(
        'playlist requests per segment',
        Math.max(...levels.map(({ asksPerSegment }) => asksPerSegment)),
        4
      ),
      ...atMost(
        'two tiers in the median, ms',
        Math.max(...levels.map(({ twoTiers }) => percentile(twoTiers, 0.5))),
        300
      )
    ]
  }
}

function described(delays: readonly Milliseconds[]): string {
  const { median, max } = spread([...delays])
  return `${figure(median)}, ${figure(max)}`
}
