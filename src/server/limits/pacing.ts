import type { Socket } from 'node:net'
import type { Bytes, Milliseconds } from '../../cache.ts'

/** So often those go on who wait; what may be sent meanwhile is sent at once. */
const tick: Milliseconds = 50

/** How fast one connection is sent what is stored. */
export class Pace {
  /** May be below zero: a block is sent as soon as anything may be. */
  #left: Bytes
  #filledAt = performance.now()
  readonly #rate: Bytes
  readonly #pacing: Pacing

  constructor(rate: Bytes, pacing: Pacing) {
    this.#rate = rate
    this.#left = rate * (tick / 1000)
    this.#pacing = pacing
  }

  get mayWrite(): boolean {
    const now = performance.now()
    const most = (this.#rate * 2 * tick) / 1000
    this.#left = Math.min(most, this.#left + (this.#rate * (now - this.#filledAt)) / 1000)
    this.#filledAt = now
    return this.#left > 0
  }

  wrote(count: Bytes): void {
    this.#left -= count
  }

  /** Calls back when more may be written, or soon before. */
  wait(goOn: () => void): void {
    this.#pacing.wait(goOn)
  }
}

/** From a connection to its pace, where there is one. */
const paces = new WeakMap<Socket, Pace>()

/** Undefined where a connection is sent as much as it takes. */
export function paceOf(socket: Socket): Pace | undefined {
  return paces.get(socket)
}

/** Sets the pace of connections, and has one timer for everybody who waits. */
export class Pacing {
  readonly #rate: Bytes
  #waiting: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param rate bytes per second of each connection */
  constructor(rate: Bytes) {
    this.#rate = rate
  }

  /** Whether there is a pace to keep. */
  get isOn(): boolean {
    return this.#rate !== Number.POSITIVE_INFINITY
  }

  add(socket: Socket): void {
    if (this.isOn) paces.set(socket, new Pace(this.#rate, this))
  }

  wait(goOn: () => void): void {
    this.#waiting.push(goOn)
    this.#timer ??= setTimeout(() => this.#tick(), tick)
  }

  #tick(): void {
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const goOn of waiting) goOn()
  }
}
