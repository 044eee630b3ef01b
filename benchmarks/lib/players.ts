import type { Plan } from '../../src/bench/audience.ts'
import { run } from '../../src/bench/run.ts'
import { serve } from './remote.ts'

/* The process of the simulated players. */

serve({ watch: async (plan: Plan) => (await run(plan, () => {})).summary })
