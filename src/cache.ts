import type { Body } from './body.ts'
import type { CacheStatus, ForwardReason } from './http/cache-status.ts'
import type { Rule } from './policy.ts'

export type Milliseconds = number
export type Seconds = number
export type Bytes = number

/** What two requests must share to be answered by the same stored response (RFC 9111 §2). Begins with the path. */
export type CacheKey = string

/** Where time comes from, so that tests can bring their own. `now` is milliseconds since the epoch. */
export interface Clock {
  now(): Milliseconds
}

export type Cancel = () => void

/** A clock that can also wake: everything that happens later happens by it, so that tests can let minutes pass at once. */
export interface Timekeeper extends Clock {
  after(delay: Milliseconds, action: () => void): Cancel
}

/** The machine's own time; its timers keep no process alive. */
export const systemClock: Timekeeper = {
  now: () => Date.now(),
  after: (delay, action) => {
    const timer = setTimeout(action, delay).unref()
    return () => clearTimeout(timer)
  }
}

/** Whoever causes an origin request: Owncast counts viewers by these two (owncast.md §4.1). */
export interface Visitor {
  readonly address: string
  readonly userAgent: string | undefined
}

/** Those who watch here. The server says whom it has seen; they count as Owncast counts them (owncast.md §4.2). */
export interface Audience {
  /** Whether pings are answered here and told to the origin; otherwise they are passed on like anything else. */
  readonly answersPings: boolean
  /**
   * Somebody asked for the playlist of a key or, without one, sent a ping. Cheapest where the same visitor comes as the
   * same object.
   */
  seen(visitor: Visitor, key: CacheKey | undefined): void
  /** Whether somebody has been seen lately enough to be counted. */
  isHere(visitor: Visitor): boolean
  /** How many are, more or less. */
  readonly count: number
}

/** How many watch here now, and what became of telling the origin so. */
export interface Viewership {
  readonly total: number
  /** By the number of the variant; whoever only pings is in none. */
  readonly variants: Readonly<Record<string, number>>
  /** Whether the stream is known to be online. */
  readonly isOnline: boolean
  readonly pings: { readonly told: number; readonly shed: number; readonly failed: number }
}

/** A request for something that may be stored: the key it is kept under and how to ask the origin for it. */
export interface Wanted {
  readonly key: CacheKey
  /** The request target for the origin, in origin form. */
  readonly target: string
  readonly rule: Rule
  /** The Accept-Encoding sent to the origin. */
  readonly coding: string
  /** Who has it: Owncast, or the bucket that it keeps its media in. */
  readonly source?: 'storage'
  /** Set where no more is wanted than a range of something that nobody knows the end of yet; it is in the key as well. */
  readonly range?: string
  /** How long an edge behind us may wait for something newer than what we have (RFC 7240 §4.3). */
  readonly wait?: Milliseconds
  /** The Host sent to the origin where the answer depends on it, otherwise the origin's own. */
  readonly host: string | undefined
}

/** The same, but no more of it than a range (RFC 9110 §14.2). */
export function rangeOf(wanted: Wanted, range: string): Wanted {
  return { ...wanted, key: `${wanted.key} ${range}`, range }
}

export interface ResponseHead {
  readonly status: number
  /** End-to-end fields, names and values in turn, as `writeHead` takes them. */
  readonly fields: readonly string[]
  /** The length of the body when the origin stated it. */
  readonly length: Bytes | undefined
  readonly etag: string | undefined
  readonly lastModified: Milliseconds | undefined
  /** The Date it carries: when the origin made it, by the origin's clock. */
  readonly date: Milliseconds | undefined
}

/** A response ready to be sent again. Nothing in it changes after it is stored. Times are absolute, computed when storing. */
export interface StoredResponse extends ResponseHead {
  readonly key: CacheKey
  readonly rule: Rule
  readonly body: Body
  readonly length: Bytes
  /** When the origin made it: now minus its Age at that time (RFC 9111 §4.2.3). */
  readonly bornAt: Milliseconds
  readonly freshUntil: Milliseconds
  /** Until when it may stand in while the origin is asked again (RFC 5861 §3). */
  readonly revalidateUntil: Milliseconds
  /** Until when it may stand in for an origin that fails (RFC 5861 §4). */
  readonly staleUntil: Milliseconds
  /** Until when it is worth keeping for its validators, where that is longer. */
  readonly usefulUntil?: Milliseconds
}

export type Unsubscribe = () => void

/**
 * A fetch in progress. Its bytes may be read from the start by anyone, at any time, at their own pace; it goes on when
 * they leave. A reader holds the body while it reads and releases it when it is done.
 */
export interface Fill {
  readonly head: ResponseHead
  readonly body: Body
  readonly state: 'arriving' | 'whole' | 'broken'
  follow(reader: FillReader): Unsubscribe
  /** A reader has read on: bytes that all have read of a body too large to keep are given back. */
  advanced(): void
}

/** One who reads a fill. */
export interface FillReader {
  /** Everything before this has been read. */
  readonly position: Bytes
  /** There are more bytes, or the state has changed. */
  changed(): void
}

export type Outcome =
  | { readonly kind: 'stored'; readonly response: StoredResponse; readonly how: Answered }
  | { readonly kind: 'filling'; readonly fill: Fill; readonly collapsed: boolean }
  /** It belongs to one client; everyone who waited goes to the origin alone. */
  | { readonly kind: 'uncacheable'; readonly why: string }

/** How a stored response came to answer: found there, fetched for this request, or standing in for a failed origin. */
export type Answered =
  | { readonly kind: 'hit' }
  | { readonly kind: 'fetched'; readonly reason: ForwardReason; readonly collapsed: boolean }
  | { readonly kind: 'stale'; readonly detail: string }

/** The one boundary between those who answer clients and those who ask the origin. */
export interface Cache {
  /** The fresh stored response of a key: the way of every hit, synchronous. */
  lookup(key: CacheKey): StoredResponse | undefined
  /** Everything else: fetches, joins a fetch or revalidates. Rejects with an OriginError. */
  fetch(wanted: Wanted, visitor: Visitor): Promise<Outcome>
  /** Resolves when something else is stored under the key than now, or when the time is over. */
  change(key: CacheKey, most: Milliseconds): Promise<void>
}

/** A GET or HEAD as a cache by the RFC must see it: any of its fields may decide what answers it (RFC 9111 §4.1). */
export interface Inquiry {
  readonly method: 'GET' | 'HEAD'
  readonly key: CacheKey
  /** The client's own fields, names and values in turn. */
  readonly fields: readonly string[]
  /** The fields that go on to the origin, Host among them. */
  forwarded(): string[]
  /** Called with what the origin says before its answer (RFC 9110 §15.2). */
  informed(status: number, fields: readonly string[]): void
}

/** What an inquiry is answered with. */
export type Reply =
  | { readonly kind: 'stored'; readonly response: StoredResponse; readonly how: Answered }
  /** A range of something of which no more than a part is stored. `end` is not included. */
  | {
      readonly kind: 'part'
      readonly response: StoredResponse
      /** Where in the whole the stored part begins. */
      readonly first: Bytes
      readonly start: Bytes
      readonly end: Bytes
      readonly total: Bytes
    }
  | { readonly kind: 'filling'; readonly fill: Fill; readonly why: CacheStatus }
  /** The answer to a HEAD, with the length that the origin states. */
  | { readonly kind: 'head'; readonly head: ResponseHead }
  /** Nothing is stored, and nothing else was wanted (`only-if-cached`). */
  | { readonly kind: 'unsatisfied' }
  /** What comes differs from client to client: everyone goes to the origin alone. */
  | { readonly kind: 'uncacheable' }

/** A shared cache by RFC 9111, for whatever nothing is known of beforehand. */
export interface SharedCache {
  /** What needs no request to the origin: the way of every hit, synchronous. */
  find(inquiry: Inquiry): Reply | undefined
  /** Everything else. Rejects with an OriginError. */
  ask(inquiry: Inquiry): Promise<Reply>
  /** Something was answered past the cache; what it has changed is stored no more (RFC 9111 §4.4). */
  passed(exchange: PassedExchange): void
}

export interface PassedExchange {
  readonly method: string
  /** The request's Host and request target as the origin had them. */
  readonly host: string
  readonly target: string
  readonly status: number
  /** Names and values in turn. */
  readonly fields: readonly string[]
}
