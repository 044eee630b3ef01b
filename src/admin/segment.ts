import type { Bytes, Milliseconds } from '../cache.ts'
import type { FetchEnded } from '../keeper/events.ts'

/** A segment as it came in, for the dashboard. */
export interface Segment {
  readonly at: Milliseconds
  readonly variant: string
  /** Its number within the stream; as Owncast names it. */
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
  const [, variant = '?'] = /^\/hls\/(\d{1,3})\//.exec(key) ?? []
  const [, number = '?'] = /-(\d{1,12})\.\w+$/.exec(key) ?? []
  const isWhole = result === 'stored' || result === 'not-modified'
  return { at, variant, number, bytes, took, waiting: readers, isWhole, result }
}
