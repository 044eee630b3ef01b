import { median } from '../../src/bench/statistics.ts'
import type { Bytes, Milliseconds, Seconds } from '../../src/cache.ts'
import type { Throughput } from './clients.ts'
import { cpuOf, type Microseconds } from './proc.ts'
import type { Turn } from './stand.ts'

/** A load of so many connections that ask for a target (see Loop) as fast as they are answered. */
export interface Pressure {
  readonly target: string
  readonly connections: number
  /** So many slices do not count at least. */
  readonly warmUp: number
}

/** What it cost the server, and what clients saw. */
export interface Cost {
  /** Processor time of the server. */
  readonly perAnswer: Microseconds
  readonly perMegabyte: Microseconds
  readonly answersPerSecond: number
  /** The median of the slices'. */
  readonly p99: Milliseconds
  /** The share of answers for which the origin was not asked, from 0 to 1. */
  readonly hits: number
  /** How busy the load generator's core was with it, from 0 to 1: near 1 it was the load that set the pace. */
  readonly loadShare: number
}

/** What slices of pressure came to. */
interface Sum {
  used: Microseconds
  loadUsed: Microseconds
  answers: number
  bytes: Bytes
  took: Seconds
  readonly p99s: Milliseconds[]
}

/** One contender under pressure, which is put on in slices over the same connections. */
export class Measurement {
  readonly #turn: Turn
  readonly #pressure: Pressure
  /** How many were answered that do not count. */
  warmedUp = 0
  readonly #sum: Sum = { used: 0, loadUsed: 0, answers: 0, bytes: 0, took: 0, p99s: [] }

  constructor(turn: Turn, pressure: Pressure) {
    this.#turn = turn
    this.#pressure = pressure
  }

  open(): Promise<void> {
    return this.#turn.load.open(this.#turn.address, this.#pressure.connections)
  }

  /** A slice that does not count, before those that do. */
  async warmUp(seconds: Seconds): Promise<void> {
    this.warmedUp += (await this.#loop(seconds)).answers
    await this.#turn.origin.counts()
  }

  /** A slice that counts. */
  async slice(seconds: Seconds): Promise<void> {
    const { standing, load } = this.#turn
    const [server, generator] = [cpuOf(standing.pid), cpuOf(load.pid)]
    const { answers, bytes, p99, seconds: took } = await this.#loop(seconds)
    const sum = this.#sum
    sum.used += cpuOf(standing.pid) - server
    sum.loadUsed += cpuOf(load.pid) - generator
    sum.answers += answers
    sum.bytes += bytes
    sum.took += took
    sum.p99s.push(p99)
  }

  /** What the slices that count came to. */
  async cost(): Promise<Cost> {
    const asked = [...(await this.#turn.origin.counts()).values()].reduce((sum, count) => sum + count, 0)
    const { used, loadUsed, answers, bytes, took, p99s } = this.#sum
    return {
      perAnswer: used / answers,
      perMegabyte: used / (bytes / 1e6),
      answersPerSecond: answers / took,
      p99: median(p99s),
      hits: 1 - asked / answers,
      loadShare: loadUsed / 1e6 / took
    }
  }

  /** @throws Error where answers are not what they should be */
  async #loop(seconds: Seconds): Promise<Throughput> {
    const { target } = this.#pressure
    const throughput = await this.#turn.load.loop({ target, seconds })
    const { answers, failures } = throughput
    if (failures > 0) throw new Error(`${failures} of ${answers} answers to ${target} were not 200`)
    return throughput
  }
}
