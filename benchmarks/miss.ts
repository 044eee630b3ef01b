import { costTable } from './lib/cost-table.ts'
import type { Results } from './lib/in-turn.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import type { Answer, Question } from './lib/question.ts'
import { type Costs, sideBySide } from './lib/side-by-side.ts'

const load = { connections: 8, warmUp: 10 }

export const miss: Question = {
  name: 'miss',
  asks: 'What does it cost to bring from the origin what is not stored, or may not be?',
  async run(options) {
    const setting = { startOrigin: syntheticOrigin({ segmentBytes: 1e6 }) }
    return answerOf(
      await sideBySide(options, setting, {
        miss: { ...load, target: '/hls/0/stream-benchmark-{n}.ts' },
        bypass: { ...load, target: '/replay/{n}' }
      })
    )
  }
}

function answerOf(results: Results<Costs<'miss' | 'bypass'>>): Answer {
  const per = 'perMegabyte'
  const tables = [
    costTable('miss, 1 MB', [{ label: '', results, of: ({ miss }) => miss, per }]),
    costTable('bypass, 1 MB', [{ label: '', results, of: ({ bypass }) => bypass, per }])
  ]
  return { figures: { results: Object.fromEntries(results) }, table: tables.join('\n\n'), goals: [] }
}
