import type { Milliseconds, Seconds } from '../../cache.ts'

/** What was not used for so long may be used at once. */
const burst: Seconds = 5

/** How often something may happen: so many times per second, with what was left over for bursts. Counted when it happens. */
export class Bucket {
  #left = Number.POSITIVE_INFINITY
  #takenAt: Milliseconds = 0

  /** False where the rate, in times per second, is used up. */
  take(now: Milliseconds, rate: number): boolean {
    if (rate === Number.POSITIVE_INFINITY) return true
    const gained = (Math.max(0, now - this.#takenAt) * rate) / 1000
    this.#left = Math.min(rate * burst, this.#left + gained)
    this.#takenAt = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Whether nothing would change if it were forgotten, in whichever direction the clock was set. */
  isFull(now: Milliseconds): boolean {
    return Math.abs(now - this.#takenAt) > burst * 1000
  }
}
