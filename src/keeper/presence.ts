import type {
  Audience,
  Cache,
  CacheKey,
  Cancel,
  Milliseconds,
  Timekeeper,
  Viewership,
  Visitor
} from '../cache.ts'
import { type StreamChanged, streamChanged } from './events.ts'
import type { Pinger } from './pinger.ts'
import type { Register } from './presence-register.ts'
import { StatusWatch } from './presence-status.ts'
import type { Viewer } from './presence-viewer.ts'

/** How often it is looked what is to be done, while somebody is here. */
const beatEvery: Milliseconds = 50
/** How soon Owncast is told of somebody again, at the earliest, and over how much more that is spread. */
const toldEvery: Milliseconds = 8000
const spreadOver: Milliseconds = 2000
/** In so many beats everybody is told of, once the stream is known to be online. */
const beatsOfRollCall = 10
/** A crowd that was told of all at once is told of again between this and 10 s later, so that it never is at once again. */
const crowd = 100
const crowdToldAgain: Milliseconds = 2000
const sweepEvery: Milliseconds = 1000
/** A beat that comes so late means that this process has more to do than it can: video goes first. */
const lateBy: Milliseconds = 100
/** Multiples of the golden section, modulo 1, spread any number of turns evenly. */
const goldenSection = 0.6180339887

export interface PresenceOptions {
  readonly register: Register
  readonly clock: Timekeeper
  /** Where /api/status is asked. */
  readonly cache: Cache
  /** Undefined: the origin is not told. */
  readonly pinger: Pinger | undefined
}

/**
 * Tells Owncast who watches here: one ping per viewer every 8 to 10 s, in the viewer's own name, as long as they ask for
 * playlists or ping, and while the stream is online.
 */
export class Presence implements Audience {
  readonly #register: Register
  readonly #clock: Timekeeper
  readonly #pinger: Pinger | undefined
  readonly #status: StatusWatch
  /** Who has still to be told that the stream is online. */
  #rollCall: Iterator<Viewer> | undefined
  #onlineAt: Milliseconds = Number.NEGATIVE_INFINITY
  #isAwake = false
  #isLate = false
  #beatAt: Milliseconds = 0
  #sweptAt: Milliseconds = 0
  #turn = 0
  #cancel: Cancel = () => {}

  constructor({ register, clock, cache, pinger }: PresenceOptions) {
    this.#register = register
    this.#clock = clock
    this.#pinger = pinger
    this.#status = new StatusWatch({ cache, clock, changed: () => this.#onStatus() })
    streamChanged.subscribe(this.#onStream)
  }

  get answersPings(): boolean {
    return this.#pinger !== undefined
  }

  seen(visitor: Visitor, key: CacheKey | undefined): void {
    const now = this.#clock.now()
    const viewer = this.#register.recognise(visitor, key, now)
    if (viewer === undefined) return this.#shed()
    if (viewer.seen(now) && !this.#willBeCalled(viewer)) this.#tell(viewer, now)
    if (!this.#isAwake) this.#wake(now)
  }

  isHere(visitor: Visitor): boolean {
    return this.#register.isHere(visitor, this.#clock.now())
  }

  get count(): number {
    return this.#register.size
  }

  viewership(): Viewership {
    const { told = 0, shed = 0, failed = 0 } = this.#pinger ?? {}
    return { ...this.#register.attendance(), isOnline: this.#status.isOnline, pings: { told, shed, failed } }
  }

  async close(): Promise<void> {
    streamChanged.unsubscribe(this.#onStream)
    // Whoever is still seen wakes nothing any more.
    this.#isAwake = true
    this.#cancel()
    await this.#pinger?.close()
  }

  #willBeCalled(viewer: Viewer): boolean {
    return this.#rollCall !== undefined && viewer.toldAt < this.#onlineAt
  }

  #tell(viewer: Viewer, now: Milliseconds): void {
    if (this.#pinger === undefined || !this.#status.isOnline) return
    if (this.#isLate) return this.#shed()
    if (!this.#pinger.tell(viewer.visitor, () => viewer.missed(this.#clock.now()))) return
    this.#turn = (this.#turn + goldenSection) % 1
    const isOfCrowd = this.#rollCall !== undefined && this.#register.size > crowd
    const soonest = isOfCrowd ? crowdToldAgain : toldEvery
    viewer.told(now, soonest + this.#turn * (toldEvery + spreadOver - soonest))
  }

  #shed(): void {
    if (this.#pinger !== undefined) this.#pinger.shed++
  }

  /** Another edge in the same process speaks on this channel as well; a doubt too many costs one look at /api/status. */
  readonly #onStream = (message: unknown): void => {
    const { what } = message as StreamChanged
    if (what === 'ended' || what === 'missing') this.#status.doubt()
  }

  #onStatus(): void {
    this.#rollCall = this.#status.isOnline ? this.#register.viewers() : undefined
    this.#onlineAt = this.#clock.now()
  }

  #wake(now: Milliseconds): void {
    this.#isAwake = true
    this.#schedule(now, 0)
  }

  #schedule(now: Milliseconds, delay: Milliseconds): void {
    this.#beatAt = now + delay
    this.#cancel = this.#clock.after(delay, () => this.#beat())
  }

  #beat(): void {
    const now = this.#clock.now()
    this.#compareClock(now)
    this.#sweep(now)
    const somebody = this.#register.anybody()
    if (somebody === undefined && this.#register.size === 0) {
      this.#isAwake = false
      this.#isLate = false
      return
    }
    if (somebody !== undefined && this.#pinger !== undefined) this.#status.askWhenDue(somebody)
    this.#callRoll(now)
    this.#schedule(now, beatEvery)
  }

  #compareClock(now: Milliseconds): void {
    const late = now - this.#beatAt
    this.#isLate = late > lateBy
    if (late > -sweepEvery) return
    // The clock was set back: every time that was noted lies ahead.
    this.#register.clear()
    this.#status.startOver()
    this.#sweptAt = now
  }

  #sweep(now: Milliseconds): void {
    if (now - this.#sweptAt < sweepEvery) return
    this.#sweptAt = now
    this.#register.sweep()
  }

  /** The stream has come online: Owncast is told of everybody who is here, spread over some beats, as fast as it takes it. */
  #callRoll(now: Milliseconds): void {
    let left = Math.ceil(this.#register.size / beatsOfRollCall)
    while (this.#rollCall !== undefined && left-- > 0 && this.#pinger?.hasRoom) {
      const { done, value } = this.#rollCall.next()
      if (done) this.#rollCall = undefined
      else if (this.#willBeCalled(value) && value.isPresent(now)) this.#tell(value, now)
    }
  }
}
