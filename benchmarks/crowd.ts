import { median, percentile } from '../src/bench/statistics.ts'
import { figure, table } from '../src/bench/table.ts'
import type { Milliseconds } from '../src/cache.ts'
import { inTurn, type Results } from './lib/in-turn.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import { type Answer, atMost, type Goal, type Options, type Question } from './lib/question.ts'
import { describe, spreadOf } from './lib/ratios.ts'
import type { Turn } from './lib/stand.ts'

/** How a crowd fared: medians of several crowds in one round. */
interface Crowd {
  readonly originRequests: number
  readonly firstP50: Milliseconds
  readonly firstP99: Milliseconds
  readonly lastP50: Milliseconds
  readonly lastP99: Milliseconds
}

const clients = 300
const segmentBytes = 2e6
const uplink = 20
/** What the line takes for one segment. */
const limit: Milliseconds = (segmentBytes * 8) / (uplink * 1000)

/** Without the plain origin and the plain proxy, where 300 times as much would go over the line: four minutes. */
export const crowd: Question = {
  name: 'crowd',
  asks: `How soon do ${clients} viewers have a new segment of 2 MB over a line of ${uplink} Mbit/s?`,
  async run(options) {
    const setting = { startOrigin: syntheticOrigin({ segmentBytes, uplink }), abilities: ['cache'] } as const
    return answerOf(await inTurn(options, setting, (turn) => gather(turn, options)))
  }
}

/** Lets some crowds ask for a new segment each; the first of them only warms up. */
async function gather(turn: Turn, { quick }: Options): Promise<Crowd> {
  await turn.load.open({ port: turn.standing.port, isTls: false }, clients)
  const crowds: Crowd[] = []
  for (let sequence = 0; sequence <= (quick ? 1 : 3); sequence++) crowds.push(await gatherOne(turn, sequence))
  const middle = (of: (crowd: Crowd) => number): number => median(crowds.slice(1).map(of))
  return {
    originRequests: Math.max(...crowds.slice(1).map(({ originRequests }) => originRequests)),
    firstP50: middle(({ firstP50 }) => firstP50),
    firstP99: middle(({ firstP99 }) => firstP99),
    lastP50: middle(({ lastP50 }) => lastP50),
    lastP99: middle(({ lastP99 }) => lastP99)
  }
}

async function gatherOne({ load, origin }: Turn, sequence: number): Promise<Crowd> {
  const target = `/hls/0/stream-benchmark-${sequence}.ts`
  const arrivals = await load.ask([target], 0)
  const wrong = arrivals.find(({ status, bytes }) => status !== 200 || Math.abs(bytes - segmentBytes) > 188)
  if (wrong !== undefined) throw new Error(`an answer of ${wrong.bytes} bytes with status ${wrong.status}`)
  const [first, last] = [arrivals.map(({ firstByte }) => firstByte), arrivals.map(({ lastByte }) => lastByte)]
  return {
    originRequests: (await origin.counts()).get(target) ?? 0,
    firstP50: percentile(first, 0.5),
    firstP99: percentile(first, 0.99),
    lastP50: percentile(last, 0.5),
    lastP99: percentile(last, 0.99)
  }
}

function answerOf(results: Results<Crowd>): Answer {
  const head = [
    '',
    'origin requests',
    'first byte p50 ms',
    'p99 ms',
    'last byte p50 ms',
    'p99 ms',
    '× the line'
  ]
  const rows = [...results.keys()].map((name) => {
    const spread = (of: (crowd: Crowd) => number): string => describe(spreadOf(results, name, of))
    return [
      name,
      spread(({ originRequests }) => originRequests),
      spread(({ firstP50 }) => firstP50),
      spread(({ firstP99 }) => firstP99),
      spread(({ lastP50 }) => lastP50),
      spread(({ lastP99 }) => lastP99),
      figure(spreadOf(results, name, ({ lastP99 }) => lastP99 / limit).median)
    ]
  })
  return {
    figures: { limit, results: Object.fromEntries(results) },
    table: table(head, rows),
    goals: goalsOf(results)
  }
}

function goalsOf(results: Results<Crowd>): Goal[] {
  const of = (value: (crowd: Crowd) => number): number => spreadOf(results, 'owncast-edge', value).median
  return [
    ...atMost(
      `last byte p99, × the ${limit} ms that the line takes`,
      of(({ lastP99 }) => lastP99 / limit),
      1.05
    ),
    ...atMost(
      'first byte p99, ms',
      of(({ firstP99 }) => firstP99),
      100
    ),
    ...atMost(
      'origin requests',
      spreadOf(results, 'owncast-edge', ({ originRequests }) => originRequests).max,
      1
    )
  ]
}
