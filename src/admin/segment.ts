import type { Bytes, Milliseconds } from '../cache.ts'
import type { FetchEnded } from '../keeper/events.ts'

/** A segment as it came in, for the dashboard. */
export interface Segment {
  readonly at: Milliseconds
  /** The number of its variant at Owncast; elsewhere the folder it is in, with a slash at its end. */
  readonly variant: string
  /** Its number within the stream: the last in its name. */
  readonly number: string
  readonly bytes: Bytes
  readonly took: Milliseconds
  /** Viewers who were reading it while it arrived. */
  readonly waiting: number
  readonly isWhole: boolean
  /** The code of the failure, where it is not whole. */
  readonly result: string
}

/** @param at when it ended */
export function segmentOf({ key, bytes, took, readers, result }: FetchEnded, at: Milliseconds): Segment {
  // A query may hold a token, which is nobody's to read.
  const path = key.split('?', 1)[0] ?? ''
  const [, owncasts] = /\/(\d{1,3})\/(?:stream-|offline|init)[^/]*$/.exec(path) ?? []
  const variant = owncasts ?? path.slice(0, path.lastIndexOf('/') + 1)
  const [, number = '?'] = /(\d{1,12})\.\w+$/.exec(path) ?? []
  const isWhole = result === 'stored' || result === 'not-modified'
  return { at, variant, number, bytes, took, waiting: readers, isWhole, result }
}
