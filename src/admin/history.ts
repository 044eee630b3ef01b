import type { Milliseconds } from '../cache.ts'
import type { Readings } from './readings.ts'

/** How far back the dashboard's charts go. */
const kept: Milliseconds = 10 * 60_000
/** Rates are taken over so long: segments come in bursts, and one burst says nothing. */
const smoothedOver: Milliseconds = 8000

/** Per second, over the last seconds. */
export interface Rates {
  /** Bytes to viewers. */
  readonly out: number
  /** Bytes over the home line. */
  readonly in: number
  readonly requests: number
  /** The part of the requests that was answered from here, 0 to 1; undefined where there were none. */
  readonly hits: number | undefined
}

interface Sample {
  readonly at: Milliseconds
  readonly out: number
  readonly in: number
  readonly viewers: number
}

interface Totals {
  readonly at: Milliseconds
  readonly out: number
  readonly in: number
  readonly requests: number
  readonly hits: number
}

/** The last ten minutes in samples. */
export class History {
  /** The newest last. */
  readonly #samples: Sample[] = []
  /** Of the last seconds, the newest last. */
  readonly #totals: Totals[] = []

  /** Takes a sample; tells the rates at that moment. */
  record(at: Milliseconds, readings: Readings): Rates {
    const totals = totalsOf(at, readings)
    this.#totals.push(totals)
    while ((this.#totals[1]?.at ?? at) <= at - smoothedOver) this.#totals.shift()
    const before = this.#totals[0] ?? totals
    const seconds = (at - before.at) / 1000
    const rate = (name: 'out' | 'in' | 'requests'): number =>
      seconds > 0 ? Math.max(0, totals[name] - before[name]) / seconds : 0
    const rates = {
      out: rate('out'),
      in: rate('in'),
      requests: rate('requests'),
      hits: hitShare(before, totals)
    }
    if (seconds > 0) this.#keep({ at, out: rates.out, in: rates.in, viewers: readings.viewers.total })
    return rates
  }

  /** As uPlot takes them: one list per quantity, times in seconds, rates rounded. */
  columns(): { at: number[]; out: number[]; in: number[]; viewers: number[] } {
    const samples = this.#samples
    return {
      at: samples.map(({ at }) => at / 1000),
      out: samples.map(({ out }) => Math.round(out)),
      in: samples.map((sample) => Math.round(sample.in)),
      viewers: samples.map(({ viewers }) => viewers)
    }
  }

  #keep(sample: Sample): void {
    this.#samples.push(sample)
    while ((this.#samples[0]?.at ?? sample.at) < sample.at - kept) this.#samples.shift()
  }
}

function totalsOf(at: Milliseconds, { bytesOut, lineReceived, answers }: Readings): Totals {
  const requests = Object.values(answers).reduce((sum, count) => sum + count, 0)
  const { hit = 0, ping = 0, collapsed = 0, stale = 0 } = answers
  return { at, out: bytesOut, in: lineReceived, requests, hits: hit + ping + collapsed + stale }
}

function hitShare(before: Totals, now: Totals): number | undefined {
  const requests = now.requests - before.requests
  return requests > 0 ? (now.hits - before.hits) / requests : undefined
}
