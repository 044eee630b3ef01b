import type { Channel } from 'node:diagnostics_channel'
import type { Clock, Milliseconds } from '../cache.ts'
import {
  type CertificateRefused,
  type CertificateShown,
  certificateRefused,
  certificateShown
} from '../certificate-events.ts'
import { Broadcast } from '../keeper/broadcast.ts'
import {
  type FetchEnded,
  type FillResumed,
  fetchEnded,
  fillResumed,
  type OriginChanged,
  type OriginUpdated,
  originChanged,
  originUpdated,
  type StreamChanged,
  streamChanged
} from '../keeper/events.ts'
import { type LimitMet, limitMet } from '../server/limits/refusals.ts'
import { type Failure, failureOf } from './failure.ts'
import { limitSentence } from './limit-sentence.ts'
import { amount, inPlainWords, span } from './plain-words.ts'
import { redacted } from './redact.ts'

/** Something that an operator wants to know, in plain words. */
export interface Notice {
  readonly at: Milliseconds
  readonly level: 'good' | 'plain' | 'bad'
  /** What happened, in a few words that stay the same. */
  readonly what: string
  readonly text: string
  /** How many times in a row. */
  readonly times: number
}

/** How many notices are kept for whoever comes later. */
const mostRecent = 100
/** The same failure is told once in so long, with how often it happened meanwhile. */
const gatherFor: Milliseconds = 10_000

export interface ChronicleOptions {
  readonly clock: Clock
  /** How long a live stream goes on from here while the origin is away. */
  readonly outage: () => Milliseconds
}

/** Tells what happens to the stream and its origin, one sentence each. */
export class Chronicle {
  /** The newest last. */
  readonly recent: Notice[] = []
  readonly #clock: Clock
  readonly #outage: () => Milliseconds
  readonly #listeners = new Set<(notice: Notice) => void>()
  readonly #broadcast = new Broadcast()
  /** From a kind of failure to what was told of it last, and how often it has happened since. */
  readonly #failures = new Map<string, { toldAt: Milliseconds; since: number }>()
  readonly #subscriptions: readonly [Channel, (message: unknown) => void][]
  #lostAt: Milliseconds | undefined
  /** The break that was told of last. */
  #resumed = ''

  constructor({ clock, outage }: ChronicleOptions) {
    this.#clock = clock
    this.#outage = outage
    this.#subscriptions = [
      [originChanged, (message) => this.#onOrigin(message as OriginChanged)],
      [streamChanged, (message) => this.#onStream(message as StreamChanged)],
      [fetchEnded, (message) => this.#onFetch(message as FetchEnded)],
      [fillResumed, (message) => this.#onResumed(message as FillResumed)],
      [originUpdated, (message) => this.#onUpdate(message as OriginUpdated)],
      [limitMet, (message) => this.#onLimit(message as LimitMet)],
      [certificateShown, (message) => this.#onCertificate(message as CertificateShown)],
      [certificateRefused, (message) => this.#onRefusal(message as CertificateRefused)]
    ]
    for (const [channel, listener] of this.#subscriptions) channel.subscribe(listener)
  }

  /** Calls back with each notice from now on. */
  follow(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Adds what somebody else has to tell. */
  tell(level: Notice['level'], what: string, text: string, times = 1): void {
    const notice: Notice = { at: this.#clock.now(), level, what, text, times }
    this.recent.push(notice)
    if (this.recent.length > mostRecent) this.recent.shift()
    for (const listener of this.#listeners) listener(notice)
  }

  close(): void {
    for (const [channel, listener] of this.#subscriptions) channel.unsubscribe(listener)
    this.#listeners.clear()
  }

  #onOrigin({ isDown, detail }: OriginChanged): void {
    const now = this.#clock.now()
    if (isDown) {
      this.#lostAt = now
      const reason = inPlainWords(detail)
      return this.tell('bad', 'origin lost', `${reason}; what is stored goes on for ${span(this.#outage())}`)
    }
    const lostAt = this.#lostAt ?? now
    this.#lostAt = undefined
    this.tell('good', 'origin back', `it was away for ${span(now - lostAt)}`)
  }

  #onStream(change: StreamChanged): void {
    switch (this.#broadcast.note(change, this.#clock.now())) {
      case 'started':
        return this.tell('good', 'stream started', 'it is live, and its playlists are followed')
      case 'stopped': {
        const how = change.what === 'ended' ? 'its playlist has ended' : 'its playlist is gone'
        return this.tell('plain', 'stream stopped', how)
      }
      case 'restarted':
        return this.tell('plain', 'stream restarted', 'it began anew; what was stored of it is purged')
    }
  }

  /** Each attempt is told of by the keeper; only one that begins further on is news. */
  #onResumed({ key, from }: FillResumed): void {
    const resumed = `${key} ${from}`
    if (resumed === this.#resumed) return
    this.#resumed = resumed
    this.tell('plain', 'break resumed', `${redacted(key)} broke off and goes on from ${amount(from)}`)
  }

  #onUpdate({ from, to }: OriginUpdated): void {
    this.tell('plain', 'Owncast updated', `from ${from} to ${to}; everything stored is purged`)
  }

  #onLimit(met: LimitMet): void {
    this.tell('bad', 'limit met', limitSentence(met), met.times)
  }

  #onCertificate({ source, validUntil }: CertificateShown): void {
    this.tell('good', 'certificate in use', `${source}, valid until ${dayOf(validUntil)}`)
  }

  #onRefusal({ source, detail, retryAt }: CertificateRefused): void {
    const next = retryAt === undefined ? '' : `; tried again in ${span(retryAt - this.#clock.now())}`
    this.tell('bad', 'certificate refused', `${source}: ${detail}${next}`)
  }

  #onFetch(ended: FetchEnded): void {
    const failure = failureOf(ended)
    // While the origin is known to be away, each request fails: that has been told.
    if (failure === undefined || this.#isAway(ended)) return
    const told = this.#failures.get(failure.what)
    const now = this.#clock.now()
    if (told !== undefined && now - told.toldAt < gatherFor) {
      told.since++
      return
    }
    this.#failures.set(failure.what, { toldAt: now, since: 0 })
    this.#tellFailure(failure, told?.since ?? 0)
  }

  #tellFailure({ what, text }: Failure, since: number): void {
    const more = since > 0 ? ` (and ${since} more before it)` : ''
    this.tell('bad', what, text + more, since + 1)
  }

  #isAway({ result }: FetchEnded): boolean {
    return this.#lostAt !== undefined && result === 'unreachable'
  }
}

function dayOf(time: Milliseconds): string {
  return new Date(time).toISOString().slice(0, 10)
}
