import { costTable } from './lib/cost-table.ts'
import { inTurn, type Results, type Turn } from './lib/in-turn.ts'
import { type Cost, measure } from './lib/measure.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import type { Answer, Options, Question } from './lib/question.ts'

/** What was measured of one contender in one round: of what is stored on its way, and of what only passes. */
interface Ways {
  readonly miss: Cost
  readonly bypass: Cost
}

export const miss: Question = {
  name: 'miss',
  asks: 'What does it cost to bring from the origin what is not stored, or may not be?',
  async run(options) {
    const setting = { startOrigin: syntheticOrigin({ segmentBytes: 1e6 }) }
    return answerOf(await inTurn(options, setting, (turn) => measureWays(turn, options)))
  }
}

async function measureWays(turn: Turn, { quick }: Options): Promise<Ways> {
  const pressure = {
    address: { port: turn.standing.port, isTls: false },
    connections: 8,
    ...(quick ? { seconds: 1, warmUp: 0.5 } : { seconds: 4, warmUp: 2 })
  }
  return {
    miss: await measure(turn, { ...pressure, target: '/hls/0/stream-benchmark-{n}.ts' }),
    bypass: await measure(turn, { ...pressure, target: '/replay/{n}' })
  }
}

function answerOf(results: Results<Ways>): Answer {
  const per = 'perMegabyte'
  const tables = [
    costTable('miss, 1 MB', [{ label: '', results, of: ({ miss }: Ways) => miss, per }]),
    costTable('bypass, 1 MB', [{ label: '', results, of: ({ bypass }: Ways) => bypass, per }])
  ]
  return { figures: { results: Object.fromEntries(results) }, table: tables.join('\n\n'), goals: [] }
}
