import type { Cache, Clock, Fill, Milliseconds, StoredResponse, Visitor, Wanted } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { route } from '../policy.ts'

/** Whether somebody broadcasts, as far as is known; `foreign`: the origin is no Owncast. */
export type Broadcast = 'unknown' | 'online' | 'offline' | 'foreign'

/** How soon after a failure, or for a new doubt, it is asked again. */
const afterFailure: Milliseconds = 1000
/** How long an answer counts: short, so that everybody is told of within a second of the stream's coming online. */
const freshFor: Milliseconds = 350
/** How soon after an answer it is asked again at the earliest, while somebody watches: never before that is stale. */
const askEvery: Record<News['broadcast'], Milliseconds> = {
  offline: 0,
  // The playlists tell sooner; this is for streams whose playlists come from elsewhere.
  online: 5000,
  foreign: 30_000
}

/** What an answer says. */
interface News {
  readonly broadcast: 'online' | 'offline' | 'foreign'
  readonly bornAt: Milliseconds
  readonly freshUntil: Milliseconds
}

export interface StatusOptions {
  readonly cache: Cache
  readonly clock: Clock
  /** Called when it has become `online`, and when it no longer is. */
  readonly changed: () => void
}

/** Knows whether the stream is online: asks /api/status through the cache, in the name of somebody who watches. */
export class StatusWatch {
  readonly #options: StatusOptions
  readonly #wanted: Wanted
  #broadcast: Broadcast = 'unknown'
  #askAt: Milliseconds = Number.NEGATIVE_INFINITY
  #askedAt: Milliseconds = Number.NEGATIVE_INFINITY
  #isAsking = false
  /** Since when there are signs that the stream has ended, which only a later answer can dispel. */
  #doubtedAt: Milliseconds | undefined

  constructor(options: StatusOptions) {
    this.#options = options
    this.#wanted = statusWanted()
  }

  get isOnline(): boolean {
    return this.#broadcast === 'online'
  }

  /** A playlist ended or is gone: what is known counts until it has been asked again, which happens at once. */
  doubt(): void {
    if (!this.isOnline || this.#doubtedAt !== undefined) return
    this.#doubtedAt = this.#options.clock.now()
    this.#askAt = Math.max(this.#doubtedAt, this.#askedAt + afterFailure)
  }

  /** Asks again soon, whatever is known. */
  startOver(): void {
    this.#askAt = Number.NEGATIVE_INFINITY
  }

  /** To be called often while somebody watches. */
  askWhenDue(visitor: Visitor): void {
    const now = this.#options.clock.now()
    if (this.#isAsking || now < this.#askAt) return
    this.#isAsking = true
    this.#askedAt = now
    this.#askAt = now + afterFailure
    void this.#ask(visitor)
  }

  async #ask(visitor: Visitor): Promise<void> {
    const news = await this.#read(visitor)
    this.#isAsking = false
    if (news !== undefined) this.#learn(news)
  }

  #learn({ broadcast, bornAt, freshUntil }: News): void {
    const isOld = this.#doubtedAt !== undefined && bornAt <= this.#doubtedAt
    this.#askAt = Math.max(freshUntil, isOld ? 0 : this.#options.clock.now() + askEvery[broadcast])
    if (isOld) return
    this.#doubtedAt = undefined
    const wasOnline = this.isOnline
    this.#broadcast = broadcast
    if (wasOnline !== this.isOnline) this.#options.changed()
  }

  /** Undefined where nothing was learned: the origin failed, or is in trouble. */
  async #read(visitor: Visitor): Promise<News | undefined> {
    const { cache, clock } = this.#options
    try {
      const outcome = await cache.fetch(this.#wanted, visitor)
      if (outcome.kind === 'uncacheable') return { ...foreign, bornAt: clock.now() }
      if (outcome.kind === 'stored')
        return outcome.how.kind === 'stale' ? undefined : newsIn(outcome.response)
      await over(outcome.fill)
      const stored = cache.lookup(this.#wanted.key)
      if (stored !== undefined) return newsIn(stored)
      return outcome.fill.head.status === 404 ? { ...foreign, bornAt: clock.now() } : undefined
    } catch (error) {
      if (error instanceof OriginError) return undefined
      throw error
    }
  }
}

/** Apart from what pages get, which may be older. */
function statusWanted(): Wanted {
  const found = route('/api/status', undefined)
  if (found.kind !== 'stored') throw new Error('/api/status is not stored')
  const { key, target, rule } = found
  return {
    key: `${key} identity presence`,
    target,
    rule: { ...rule, freshFor },
    coding: 'identity',
    host: undefined
  }
}

function over(fill: Fill): Promise<void> {
  return new Promise((resolve) => {
    const changed = (): void => {
      if (fill.state === 'arriving') return
      stop()
      resolve()
    }
    // Nothing is read from the fill itself, so nothing of it need be kept for us.
    const stop = fill.follow({ position: Number.POSITIVE_INFINITY, changed })
    changed()
  })
}

const foreign = { broadcast: 'foreign', freshUntil: 0 } as const

function newsIn({ status, body, bornAt, freshUntil }: StoredResponse): News {
  const broadcast = status === 200 ? broadcastIn(body.text()) : 'foreign'
  return { broadcast, bornAt, freshUntil }
}

function broadcastIn(text: string): News['broadcast'] {
  try {
    const { online } = JSON.parse(text) as { online?: unknown }
    if (typeof online === 'boolean') return online ? 'online' : 'offline'
  } catch {
    // Not JSON: the page of some other server.
  }
  return 'foreign'
}
