import type { Milliseconds, Seconds } from '../../src/cache.ts'
import type { Address } from './connection.ts'
import type { Turn } from './in-turn.ts'
import type { LoadGenerator } from './load-generator.ts'
import { cpuOf, type Microseconds } from './proc.ts'

/** A load of so many connections that ask for a target (see Loop) as fast as they are answered. */
export interface Pressure {
  readonly address: Address
  readonly target: string
  readonly connections: number
  readonly seconds: Seconds
  /** How long the same goes on before that, unmeasured: at least so long, and up to four times until enough was answered. */
  readonly warmUp: Seconds
}

/** What it cost the server, and what clients saw. */
export interface Cost {
  /** Processor time of the server. */
  readonly perAnswer: Microseconds
  readonly perMegabyte: Microseconds
  readonly answersPerSecond: number
  readonly p99: Milliseconds
  /** The share of answers for which the origin was not asked, from 0 to 1. */
  readonly hits: number
  /** How busy the load generator's core was with it, from 0 to 1: near 1 it was the load that set the pace. */
  readonly loadShare: number
}

/**
 * What runs in V8 is compiled after it has run so often: on a busy machine, where a second brings some hundred answers,
 * seconds alone would measure the compiler.
 */
const enoughAnswers = 8000

/** Puts a contender under pressure. @throws Error where answers are not what they should be */
export async function measure({ standing, load, origin }: Turn, pressure: Pressure): Promise<Cost> {
  const { address, target, connections, seconds } = pressure
  await load.open(address, connections)
  await warmUp(load, pressure)
  await origin.counts()
  const [server, generator] = [cpuOf(standing.pid), cpuOf(load.pid)]
  const { answers, bytes, failures, p99, seconds: took } = await load.loop({ target, seconds })
  const used = cpuOf(standing.pid) - server
  const loadUsed = cpuOf(load.pid) - generator
  const asked = [...(await origin.counts()).values()].reduce((sum, count) => sum + count, 0)
  if (failures > 0) throw new Error(`${failures} of ${answers} answers to ${target} were not 200`)
  return {
    perAnswer: used / answers,
    perMegabyte: used / (bytes / 1e6),
    answersPerSecond: answers / took,
    p99,
    hits: 1 - asked / answers,
    loadShare: loadUsed / 1e6 / took
  }
}

async function warmUp(load: LoadGenerator, { target, warmUp: seconds }: Pressure): Promise<void> {
  let answered = 0
  for (let step = 0; step < 4 && answered < enoughAnswers; step++)
    answered += (await load.loop({ target, seconds })).answers
}
