import type { CacheKey, Clock } from './cache.ts'
import { Broadcast } from './keeper/broadcast.ts'
import { originUpdated, type StreamChanged, streamChanged } from './keeper/events.ts'

/** What drops stored responses: the keeper. */
export interface Purger {
  purge(matches: (key: CacheKey) => boolean): number
}

/** What belongs to one broadcast: its media under names that repeat, its pictures, and what is said of it. */
const ofBroadcast = /^\/(hls\/|thumbnail\.jpg|preview\.gif|api\/status)/

/** Drops at once what a new broadcast has made wrong, and everything when Owncast has been updated. */
export class AutoPurge {
  readonly #purger: Purger
  readonly #clock: Clock
  readonly #broadcast = new Broadcast()
  #hasStopped = false

  constructor(purger: Purger, clock: Clock) {
    this.#purger = purger
    this.#clock = clock
    streamChanged.subscribe(this.#onStream)
    originUpdated.subscribe(this.#onUpdate)
  }

  close(): void {
    streamChanged.unsubscribe(this.#onStream)
    originUpdated.unsubscribe(this.#onUpdate)
  }

  readonly #onStream = (message: unknown): void => {
    const what = this.#broadcast.note(message as StreamChanged, this.#clock.now())
    if (what === undefined) return
    const isNew = what === 'restarted' || (what === 'started' && this.#hasStopped)
    this.#hasStopped = what === 'stopped'
    if (isNew) this.#purger.purge((key) => ofBroadcast.test(key))
  }

  readonly #onUpdate = (): void => {
    this.#purger.purge(() => true)
  }
}
