import type { Kind } from '../policy.ts'

/** How a request was answered: by the words of the house, each with its name in Cache-Status. */
export type Answer =
  | 'hit'
  | 'miss'
  | 'collapsed'
  | 'stale'
  | 'uncacheable'
  | 'bypass'
  | 'ping'
  | 'tunnel'
  | 'refused'
  | 'failed'

/** What was asked for, as far as counts tell it apart: `other` is whatever is not stored. */
export type Asked = Kind | 'other'

const kinds: readonly Asked[] = [
  'media-playlist',
  'multivariant-playlist',
  'segment',
  'repeating-media',
  'status',
  'api',
  'image',
  'asset',
  'page',
  'resource',
  'other'
]

function noAnswers(): Record<Answer, number> {
  return {
    hit: 0,
    miss: 0,
    collapsed: 0,
    stale: 0,
    uncacheable: 0,
    bypass: 0,
    ping: 0,
    tunnel: 0,
    refused: 0,
    failed: 0
  }
}

/** What the server did, in plain numbers that only grow, but for those that say how many there are now. */
export class ServerCounters {
  /** Requests by what was asked for and how it was answered. */
  readonly requests = Object.fromEntries(kinds.map((kind) => [kind, noAnswers()])) as Record<
    Asked,
    Record<Answer, number>
  >
  /** Chat tunnels that are open now, and all there have been. */
  tunnels = 0
  tunnelsOpened = 0

  /** Requests by how they were answered. */
  get answers(): Readonly<Record<Answer, number>> {
    const sums = noAnswers()
    for (const kind of kinds) {
      for (const [answer, count] of Object.entries(this.requests[kind])) sums[answer as Answer] += count
    }
    return sums
  }
}
