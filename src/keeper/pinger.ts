import type { Clock, Milliseconds, Visitor } from '../cache.ts'

/** What became of a ping: taken, answered with something else, lost on its way, or too late to be sent. */
export type PingResult = 'told' | 'refused' | 'lost' | 'late'

/** One `GET /api/ping` to be sent in the name of a viewer. */
export interface Ping {
  readonly visitor: Visitor
  /** Asked at the moment when it would be sent. */
  mayBeSent(): boolean
  /** Called once. */
  over(result: PingResult): void
}

/** What carries pings to the origin. */
export interface PingLine {
  send(ping: Ping): void
  close(): Promise<void>
}

/** More are never on their way or waiting for it. At 100 ms there and back that is enough for 25,000 viewers. */
const mostUnderWay = 256
/** A ping that waited longer would tell of somebody who may have left. */
const latest: Milliseconds = 3000

export interface PingerOptions {
  readonly line: PingLine
  readonly clock: Clock
  /** Whether the origin is known to be away. */
  readonly isDown: () => boolean
}

/** Sends pings, bounded: what the origin does not take in time is shed, because video needs the line more. */
export class Pinger {
  /** Pings that Owncast took, those that were not sent for want of room or time, and those that failed. */
  told = 0
  shed = 0
  failed = 0
  readonly #options: PingerOptions
  #underWay = 0

  constructor(options: PingerOptions) {
    this.#options = options
  }

  get hasRoom(): boolean {
    return this.#underWay < mostUnderWay && !this.#options.isDown()
  }

  /**
   * Sends one ping in the name of a visitor, or sheds it.
   * @param missed called later where it did not reach the origin
   * @returns whether it was sent
   */
  tell(visitor: Visitor, missed: () => void): boolean {
    if (this.#options.isDown()) return false
    if (this.#underWay >= mostUnderWay) {
      this.shed++
      return false
    }
    const { clock, line } = this.#options
    const sendBefore = clock.now() + latest
    this.#underWay++
    line.send({
      visitor,
      mayBeSent: () => clock.now() < sendBefore,
      over: (result) => {
        this.#underWay--
        this.#count(result)
        if (result === 'lost' || result === 'late') missed()
      }
    })
    return true
  }

  close(): Promise<void> {
    return this.#options.line.close()
  }

  #count(result: PingResult): void {
    switch (result) {
      case 'told':
        this.told++
        return
      case 'late':
        this.shed++
        return
      case 'refused':
      case 'lost':
        this.failed++
    }
  }
}
