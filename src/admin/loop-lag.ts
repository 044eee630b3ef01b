import type { Milliseconds } from '../cache.ts'

const lookEvery: Milliseconds = 50
/** How many looks make up the time that is told of: 30 s. */
const remembered = 600

/** How late this process is: the event loop's own delay, beyond what a timer was set to. */
export class LoopLag {
  readonly #timer: NodeJS.Timeout
  /** The delays of the last looks, the oldest overwritten first. */
  readonly #delays = new Float64Array(remembered)
  #at = 0
  #lookedAt = performance.now()

  constructor() {
    this.#timer = setInterval(() => this.#look(), lookEvery).unref()
  }

  /** The longest delay within the last 30 s. */
  longest(): Milliseconds {
    return this.#delays.reduce((longest, delay) => Math.max(longest, delay), 0)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    this.#delays[this.#at] = Math.max(0, now - this.#lookedAt - lookEvery)
    this.#at = (this.#at + 1) % remembered
    this.#lookedAt = now
  }
}
