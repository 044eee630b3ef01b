import type { Milliseconds } from '../../cache.ts'

const lookEvery: Milliseconds = 50
/** How fast a single late turn is forgotten. */
const memory: Milliseconds = 500

/** What waits when this process has more to do than it can, in this order: at which share of the limit. Video never does. */
const shares = { dashboards: 0.25, pages: 0.5, pings: 0.75, viewers: 1 } as const

export type Sheddable = keyof typeof shares

/** How late this process is: by how much its event loop misses the moments that a timer is set to, on the average. */
export class Overload {
  lag: Milliseconds = 0
  #most: Milliseconds
  #lookedAt = performance.now()
  readonly #timer: NodeJS.Timeout

  /** @param most the lag from which new viewers are shed */
  constructor(most: Milliseconds) {
    this.#most = most
    this.#timer = setInterval(() => this.note(performance.now()), lookEvery).unref()
  }

  /** From now on keeps to this lag. */
  limit(most: Milliseconds): void {
    this.#most = most
  }

  sheds(what: Sheddable): boolean {
    return this.lag > this.#most * shares[what]
  }

  /** The timer has come, at this moment; a late one weighs as much as the time that it took. */
  note(now: Milliseconds): void {
    const took = now - this.#lookedAt
    this.#lookedAt = now
    const weight = 1 - Math.exp(-took / memory)
    this.lag += (Math.max(0, took - lookEvery) - this.lag) * weight
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
