import type { CacheKey, Milliseconds, Timekeeper } from '../cache.ts'

/** Those who wait until something else is stored under a key. */
export class Changes {
  readonly #clock: Timekeeper
  /** From key to those who wait for a change of what is stored under it. */
  readonly #waiting = new Map<CacheKey, Set<() => void>>()

  constructor(clock: Timekeeper) {
    this.#clock = clock
  }

  /** Resolves when it has changed, or after so long. */
  next(key: CacheKey, most: Milliseconds): Promise<void> {
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting)
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
        resolve()
      }
      const cancel = this.#clock.after(most, wake)
      waiting.add(wake)
    })
  }

  /** It has changed. */
  tell(key: CacheKey): void {
    for (const wake of [...(this.#waiting.get(key) ?? [])]) wake()
  }
}
