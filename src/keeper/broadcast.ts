import type { CacheKey, Milliseconds } from '../cache.ts'
import type { StreamChanged } from './events.ts'

/** How far apart the variants of one stream may notice the same restart. */
const together: Milliseconds = 30_000

/** Makes of what happens to each playlist what happens to the stream: all of its variants stop and restart together. */
export class Broadcast {
  #state: 'unknown' | 'live' | 'stopped' = 'unknown'
  #restartedAt: Milliseconds = Number.NEGATIVE_INFINITY
  /** The playlists that have noticed the latest restart. */
  readonly #restarted = new Set<CacheKey>()

  /** What a change of one playlist means for the stream; undefined where that is known already. */
  note({ key, what }: StreamChanged, now: Milliseconds): 'started' | 'stopped' | 'restarted' | undefined {
    switch (what) {
      case 'started':
        return this.#become('live') ? 'started' : undefined
      case 'ended':
      case 'missing':
        return this.#become('stopped') ? 'stopped' : undefined
      case 'restarted':
        return this.#restart(key, now) ? 'restarted' : undefined
      case 'left':
        return undefined
    }
  }

  #become(state: 'live' | 'stopped'): boolean {
    const isNews = this.#state !== state
    this.#state = state
    return isNews
  }

  #restart(key: CacheKey, now: Milliseconds): boolean {
    this.#state = 'live'
    const isKnown = now - this.#restartedAt < together && !this.#restarted.has(key)
    if (!isKnown) {
      this.#restartedAt = now
      this.#restarted.clear()
    }
    this.#restarted.add(key)
    return !isKnown
  }
}
