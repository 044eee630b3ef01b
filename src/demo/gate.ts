import type { LoggedRequest } from './request-log.ts'

/** Holds requests until a test lets them go. */
export class Gate {
  readonly arrivals: LoggedRequest[] = []
  readonly #released: Promise<void>
  #release: () => void = () => {}
  /** How many arrivals somebody waits for → how to wake them. */
  readonly #waiting: { readonly count: number; readonly wake: () => void }[] = []

  constructor() {
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  /** Resolves when this many requests have arrived, earlier ones included. */
  arrived(count = 1): Promise<void> {
    if (this.arrivals.length >= count) return Promise.resolve()
    return new Promise((wake) => {
      this.#waiting.push({ count, wake })
    })
  }

  /** Lets everything go, now and from now on. */
  release(): void {
    this.#release()
  }

  /** Called by the server: waits for the release. */
  pass(request: LoggedRequest): Promise<void> {
    this.arrivals.push(request)
    for (const { count, wake } of this.#waiting) if (this.arrivals.length >= count) wake()
    return this.#released
  }
}
