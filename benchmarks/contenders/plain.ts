import type { Contender } from '../lib/contender.ts'

/** Nothing in between: viewers are served by the origin itself, which then runs on the contenders' core. */
export const plain: Contender = {
  name: 'plain origin',
  abilities: ['origin', 'tunnel'],
  missing: () => undefined,
  async start({ origin }) {
    return { port: origin.port, pid: origin.pid, output: () => '', stop: async () => {} }
  }
}
