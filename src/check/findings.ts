import type { Bytes, Milliseconds, Seconds } from '../cache.ts'
import type { Variant } from '../hls/multivariant-playlist.ts'

/** What was found of an origin, as facts; diagnosis.ts says what they mean. */
export interface Findings {
  readonly origin: string
  readonly reach: Reach
  /** Undefined where it is not Owncast. */
  readonly owncast: OwncastFound | undefined
  readonly stream: StreamFound
  readonly forwarding: Forwarding
  readonly chat: ChatFound
}

export type Reach =
  | { readonly kind: 'answered'; readonly after: Milliseconds; readonly isLocal: boolean }
  | { readonly kind: 'failed'; readonly detail: string }

export interface OwncastFound {
  readonly version: string
  readonly isOnline: boolean
  readonly viewers: number | undefined
  /** How far its clock is ahead of this machine's; negative: behind. Undefined where it does not say its time. */
  readonly clockAhead: Milliseconds | undefined
}

export type StreamFound =
  | { readonly kind: 'none'; readonly status: number }
  | { readonly kind: 'unreadable' }
  | {
      readonly kind: 'found'
      readonly variants: readonly Variant[]
      readonly media: MediaFound
      readonly from: Source
    }

/** Where the playlists lead players to. */
export type Source =
  | { readonly kind: 'origin' }
  /** Owncast's serving endpoint: the origin has the media as well. */
  | { readonly kind: 'endpoint'; readonly host: string }
  /** External storage: the origin has the list of variants only. */
  | { readonly kind: 'storage'; readonly address: string }

/** A media playlist and one of its segments. */
export type MediaFound =
  | { readonly kind: 'missing'; readonly status: number }
  | { readonly kind: 'ended' }
  | {
      readonly kind: 'live'
      readonly targetDuration: Seconds
      readonly segments: number
      /** Undefined where none could be fetched. */
      readonly sample: Sample | undefined
    }

export interface Sample {
  readonly bytes: Bytes
  readonly duration: Seconds
  /** From asking until the last byte. */
  readonly took: Milliseconds
  /** Of the body alone. */
  readonly bodyTook: Milliseconds
}

/** Whether Owncast takes a viewer's address from X-Forwarded-For. */
export type Forwarding =
  | { readonly kind: 'believed' }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unknown'; readonly why: string }

export type ChatFound = 'open' | 'disabled' | 'full' | 'refused' | 'unreachable'
