import type { Bytes, Milliseconds, Viewership } from '../cache.ts'

/** What the admin listener reads when somebody asks; everything in it is a plain number elsewhere. */
export interface Readings {
  /** Requests of clients by how they were answered, and by what was asked for as well. */
  readonly answers: Readonly<Record<string, number>>
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Requests to the origin for what may be stored, by kind. */
  readonly originRequests: Readonly<Record<string, number | undefined>>
  /** Fetches that failed, by reason. */
  readonly originFailures: Readonly<Record<string, number>>
  readonly originIsDown: boolean
  /** Of bodies, for the cache. */
  readonly originBytes: Bytes
  /** All bytes on the connections to the origin. */
  readonly lineReceived: Bytes
  readonly lineSent: Bytes
  readonly bytesOut: Bytes
  readonly bytesIn: Bytes
  readonly connections: number
  readonly tunnels: number
  readonly tunnelsOpened: number
  readonly storedBytes: Bytes
  readonly storedResponses: number
  readonly heldBytes: Bytes
  readonly cacheSize: Bytes
  readonly evictions: number
  readonly viewers: Viewership
  /** What the numbers of variants stand for. */
  readonly variants: Readonly<Record<string, { readonly name: string; readonly bandwidth: number }>>
  readonly playlists: readonly PlaylistReading[]
  readonly fills: number
  readonly fillsBroken: number
  readonly askedAgain: number
  readonly fillsResumed: number
  /** Owncast's, where it is known. */
  readonly originVersion: string | undefined
  /** How often each limit was met. */
  readonly limitsMet: Readonly<Record<string, number>>
  readonly accessLinesDropped: number
  /** When the first certificate that is shown ends to be valid, since the epoch; undefined without HTTPS. */
  readonly certificateUntil: Milliseconds | undefined
}

/** A live playlist that is kept up to date. */
export interface PlaylistReading {
  readonly variant: string
  /** How long ago the origin confirmed what is served. */
  readonly staleness: Milliseconds
  readonly targetDuration: Milliseconds
}
