import type { Milliseconds, Visitor } from '../cache.ts'
import type { Playlist } from './presence-register.ts'

/** After so much silence Owncast counts somebody no longer (core/stats.go), and neither do we. */
export const presentFor: Milliseconds = 15_000
/** By then Owncast is told again, as far as the viewer's habit lets foresee: well within `presentFor`. */
const toldWithin: Milliseconds = 11_000
/** How soon after a ping that was lost the next one may follow. */
const afterLost: Milliseconds = 1000
/** Taken until two reloads have been seen: Owncast's default segment. */
const firstReloadGap: Milliseconds = 3000
const reloadJitter: Milliseconds = 500
/** What is left of a long gap at the next reload: a player reloads sooner where nothing was new (RFC 8216 §6.3.4). */
const forgetting = 0.75

/**
 * Somebody who watches, as Owncast counts: an address with a User-Agent. Says when Owncast is to be told of them, always
 * at a moment when they were seen, so that one who has left is gone there no later than without an edge.
 */
export class Viewer {
  readonly visitor: Visitor
  seenAt: Milliseconds
  toldAt: Milliseconds = Number.NEGATIVE_INFINITY
  /** The media playlist that they asked for last. */
  watching: Playlist | undefined
  #reloadedAt: Milliseconds = 0
  /** How long they leave between two reloads of it, rather too long than too short. */
  #reloadGap: Milliseconds = firstReloadGap
  /** Owncast is told at the first sighting from then on. */
  #dueAt: Milliseconds = Number.NEGATIVE_INFINITY
  /** The longest time between two sightings since Owncast was told. */
  #longestGap: Milliseconds = 0

  constructor(visitor: Visitor, now: Milliseconds) {
    this.visitor = visitor
    this.seenAt = now
  }

  isPresent(now: Milliseconds): boolean {
    return now - this.seenAt <= presentFor
  }

  reloads(playlist: Playlist, now: Milliseconds): void {
    if (this.watching === playlist)
      this.#reloadGap = Math.max(now - this.#reloadedAt, this.#reloadGap * forgetting)
    this.watching = playlist
    this.#reloadedAt = now
  }

  /** Whether they asked for the playlist no longer ago than they would if they were still watching. */
  isWatching(playlist: Playlist, now: Milliseconds): boolean {
    const overdue = 1.25 * this.#reloadGap + reloadJitter
    return this.watching === playlist && now - this.#reloadedAt <= Math.min(overdue, presentFor)
  }

  /** Notes a sighting; true where Owncast is to be told now. */
  seen(now: Milliseconds): boolean {
    const gap = now - this.seenAt
    this.seenAt = now
    if (gap > this.#longestGap) this.#slowDown(gap)
    return now >= this.#dueAt
  }

  /** @param dueIn when Owncast is to be told again */
  told(now: Milliseconds, dueIn: Milliseconds): void {
    this.toldAt = now
    this.#longestGap = 0
    this.#dueAt = now + dueIn
  }

  /** The ping did not reach Owncast. */
  missed(now: Milliseconds): void {
    this.#dueAt = Math.min(this.#dueAt, now + afterLost)
  }

  /** Where the next sighting would come too late, this one counts. */
  #slowDown(gap: Milliseconds): void {
    this.#longestGap = gap
    this.#dueAt = Math.min(this.#dueAt, this.toldAt + toldWithin - gap)
  }
}
