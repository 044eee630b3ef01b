import type { Bytes, Cancel, Milliseconds, Timekeeper } from '../cache.ts'

/** An answer that brings less than this in a while is as good as none. */
const slowest: Bytes = 4096
const usually: Milliseconds = 5000

/** Watches that an answer does not trickle: silence has a limit of its own, a byte now and then has not. */
export class Pace {
  readonly #clock: Timekeeper
  readonly #tooSlow: () => void
  readonly #every: Milliseconds
  #cancel: Cancel = () => {}

  /** @param every how long that while is */
  constructor(clock: Timekeeper, tooSlow: () => void, every = usually) {
    this.#clock = clock
    this.#every = every
    this.#tooSlow = tooSlow
  }

  /** From now on; `arriving` says how much has come. */
  watch(arriving: { readonly length: Bytes }): void {
    this.stop()
    const seen = arriving.length
    this.#cancel = this.#clock.after(this.#every, () => {
      if (arriving.length - seen < slowest) this.#tooSlow()
      else this.watch(arriving)
    })
  }

  stop(): void {
    this.#cancel()
  }
}
