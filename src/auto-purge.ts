import type { CacheKey, Clock } from './cache.ts'
import { Broadcast } from './keeper/broadcast.ts'
import { originUpdated, type StreamChanged, streamChanged } from './keeper/events.ts'
import type { Policy } from './policy.ts'

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
  readonly #policy: Policy
  readonly #broadcast = new Broadcast()
  #hasStopped = false

  constructor(purger: Purger, policy: Policy, clock: Clock) {
    this.#policy = policy
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
    const { key, what: change } = message as StreamChanged
    if (change === 'restarted' && !ofBroadcast.test(key)) this.#purgeBeside(key)
    const what = this.#broadcast.note(message as StreamChanged, this.#clock.now())
    if (what === undefined) return
    const isNew = what === 'restarted' || (what === 'started' && this.#hasStopped)
    this.#hasStopped = what === 'stopped'
    if (isNew) this.#purger.purge((key) => ofBroadcast.test(key))
  }

  /** Other servers than Owncast begin their names anew: segments in the folder of the playlist may be of the stream before. */
  #purgeBeside(playlist: CacheKey): void {
    const folder = playlist.slice(0, (playlist.split('?', 1)[0] ?? '').lastIndexOf('/') + 1)
    this.#purger.purge((key) => key.startsWith(folder) && this.#isSegment(key))
  }

  #isSegment(key: CacheKey): boolean {
    const found = this.#policy(key, undefined)
    return found.kind === 'stored' && (found.rule.kind === 'segment' || found.rule.kind === 'repeating-media')
  }

  readonly #onUpdate = (): void => {
    this.#purger.purge(() => true)
  }
}
