import type { Cancel, Milliseconds, Timekeeper } from '../cache.ts'
import type { OriginErrorCode } from '../errors.ts'

const probeEvery: Milliseconds = 250
/** So many silences in a row, with no answer between them, are an outage; a refused connection is one at once. */
const silencesThatTell = 2

/** Asks the origin for something cheap and says whether it answered at all. */
export type Probe = () => Promise<boolean>

/**
 * Whether the origin is there. It is lost by what happens to requests, and found again by a cheap probe four times a
 * second, so that nobody queues for a dead origin and everybody is fresh soon after its return.
 */
export class Health {
  readonly #clock: Timekeeper
  readonly #probe: Probe
  readonly #changed: (isDown: boolean, detail: string) => void
  readonly #waiting = new Set<() => void>()
  #silences = 0
  #isDown = false
  #isClosed = false
  #cancel: Cancel = () => {}

  constructor(clock: Timekeeper, probe: Probe, changed: (isDown: boolean, detail: string) => void) {
    this.#clock = clock
    this.#probe = probe
    this.#changed = changed
  }

  get isDown(): boolean {
    return this.#isDown
  }

  answered(): void {
    this.#silences = 0
    if (!this.#isDown) return
    this.#isDown = false
    this.#cancel()
    this.#changed(false, '')
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  failed(code: OriginErrorCode, detail: string): void {
    if (this.#isDown || this.#isClosed) return
    if (code === 'timeout') this.#silences++
    const isLost = code === 'unreachable' || this.#silences >= silencesThatTell
    if (!isLost) return
    this.#isDown = true
    this.#changed(true, detail)
    this.#schedule()
  }

  /** Calls back once when the origin is there: at once where it is now. */
  whenUp(wake: () => void): Cancel {
    if (!this.#isDown) return this.#clock.after(0, wake)
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#waiting.clear()
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(probeEvery, () => {
      void this.#probe().then((isThere) => {
        if (this.#isClosed || !this.#isDown) return
        if (isThere) this.answered()
        else this.#schedule()
      })
    })
  }
}
