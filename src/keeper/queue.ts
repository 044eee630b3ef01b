import type { Kind } from '../policy.ts'

/** Who goes first on a thin line: playlists before segments, segments before the API, pages and images last. */
const ranks: Record<Kind, number> = {
  'media-playlist': 0,
  'multivariant-playlist': 0,
  segment: 1,
  'repeating-media': 1,
  status: 2,
  api: 2,
  image: 3,
  asset: 3,
  page: 3,
  resource: 3
}

/** How many may wait: beyond that the origin is not merely slow. */
const longest = 2000

interface Waiting {
  readonly rank: number
  readonly start: () => void
}

/**
 * Lets so many requests at a time go to the origin, in the order of their rank. Segments may take half of the places, so
 * that a playlist never waits for a body; what ranks below them gets two places while any segment is on its way.
 */
export class Queue {
  readonly #places: number
  /** How many of each rank are on their way. */
  readonly #running = [0, 0, 0, 0]
  /** Who waits, by rank, the first come first. */
  readonly #waiting: Waiting[][] = [[], [], [], []]

  constructor(places: number) {
    this.#places = places
  }

  get waiting(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0)
  }

  /** Calls `start` at once or when its turn comes; false where too many wait already. Each start owes one `leave`. */
  enter(kind: Kind, start: () => void): boolean {
    const rank = ranks[kind]
    if (this.#mayRun(rank)) {
      this.#run({ rank, start })
      return true
    }
    if (this.waiting >= longest) return false
    this.#waiting[rank]?.push({ rank, start })
    return true
  }

  leave(kind: Kind): void {
    this.#count(ranks[kind], -1)
    for (let rank = 0; rank < this.#waiting.length; rank++) {
      const queue = this.#waiting[rank] as Waiting[]
      while (queue.length > 0 && this.#mayRun(rank)) this.#run(queue.shift() as Waiting)
    }
  }

  #run(waiting: Waiting): void {
    this.#count(waiting.rank, 1)
    waiting.start()
  }

  #count(rank: number, change: 1 | -1): void {
    this.#running[rank] = (this.#running[rank] as number) + change
  }

  #mayRun(rank: number): boolean {
    const [playlists = 0, segments = 0, api = 0, rest = 0] = this.#running
    if (playlists + segments + api + rest >= this.#places) return false
    if (rank === 0) return true
    const half = Math.max(1, Math.floor(this.#places / 2))
    if (rank === 1) return segments < half
    const low = api + rest
    return low < (segments > 0 ? 2 : half)
  }
}
