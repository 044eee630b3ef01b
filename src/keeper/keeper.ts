import { LRUCache } from 'lru-cache'
import { BlockPool } from '../body.ts'
import type {
  Cache,
  CacheKey,
  Milliseconds,
  Outcome,
  StoredResponse,
  Timekeeper,
  Visitor,
  Wanted
} from '../cache.ts'
import { OriginError } from '../errors.ts'
import { ByKey } from './by-key.ts'
import { Changes } from './changes.ts'
import { Coder } from './coder.ts'
import { KeeperCounters } from './counters.ts'
import { Flight } from './flight.ts'
import type { KeeperOptions } from './keeper-options.ts'
import { hit, withBodyOf, withCollapsed } from './landing.ts'
import { type LeadOptions, leadHere } from './lead.ts'
import { Live } from './live.ts'
import type { Origin } from './origin.ts'
import { SharedCache } from './shared/shared-cache.ts'
import { Store } from './store.ts'
import type { Tower } from './tower.ts'
import { VersionWatch } from './version-watch.ts'

/** How long a key that turned out to belong to single clients is not collapsed again, and how many are remembered. */
const asideFor: Milliseconds = 5000
const mostAside = 1000
const sweepEvery: Milliseconds = 10_000

/** Owns what is stored, alone talks to the origin about anything that may be stored, and publishes what it stores. */
export class Keeper implements Cache {
  readonly counters = new KeeperCounters()
  readonly pool: BlockPool
  readonly store: Store
  readonly live: Live
  /** What is stored by RFC 9111, where the policy leaves it to that. */
  readonly shared: SharedCache
  readonly versions = new VersionWatch()
  readonly #clock: Timekeeper
  readonly #coder: Coder
  readonly #origin: Origin
  readonly #storage: KeeperOptions['storage']
  readonly #tower: Tower
  /** From key to the one fetch of it that is under way. */
  readonly #flights = new ByKey<Flight>()
  /** Keys that were found to belong to single clients. */
  readonly #aside: LRUCache<CacheKey, true>
  readonly #changes: Changes
  #isClosed = false

  constructor(options: KeeperOptions) {
    const { origin, clock, cacheSize } = options
    this.#clock = clock
    this.#origin = origin
    this.#changes = new Changes(clock)
    this.#storage = options.storage
    this.pool = new BlockPool(cacheSize)
    this.store = new Store(this.pool, cacheSize)
    this.#coder = new Coder(this.pool)
    this.#aside = new LRUCache({ max: mostAside, ttl: asideFor, perf: clock })
    this.#tower = this.#buildTower(options)
    this.shared = new SharedCache({
      ...options,
      pool: this.pool,
      store: this.store,
      coder: this.#coder,
      outage: () => this.live.outage,
      counters: this.counters,
      largest: () => this.#tower.largest,
      makeRoom: () => this.store.makeRoom(),
      invalidated: (targets) => void this.purge((key) => targets.includes(key))
    })
    this.live = new Live({ ...options, keeper: this })
    this.#sweep()
  }

  /** Fetches under way. */
  get fills(): number {
    return this.#flights.size + this.shared.fills
  }

  get isOriginDown(): boolean {
    return this.#origin.isDown
  }

  lookup(key: CacheKey): StoredResponse | undefined {
    const stored = this.store.read(key)
    return stored !== undefined && this.#clock.now() < stored.freshUntil ? stored : undefined
  }

  async fetch(wanted: Wanted, visitor: Visitor): Promise<Outcome> {
    const { key } = wanted
    const now = this.#clock.now()
    const stored = this.store.read(key)
    const isFresh = stored !== undefined && now < stored.freshUntil
    const found = isFresh ? stored : this.live.lowLatency.meeting(wanted)
    if (found !== undefined) return hit(found)
    if (this.#aside.has(key)) return { kind: 'uncacheable', why: 'remembered' }
    const maySend = stored !== undefined && now < stored.revalidateUntil
    // A follower is already at it: readers need not ask the origin as well.
    if (maySend && this.live.isFollowed(key)) return hit(stored)
    const running = this.#flights.get(key)
    if (running === undefined) this.live.lowLatency.check(wanted)
    const flight = running ?? this.depart(wanted, visitor, stored)
    if (maySend) {
      flight.outcome.catch(() => {})
      return hit(stored)
    }
    return this.#wait(flight, stored, running !== undefined)
  }

  /** Joins or begins a fetch that no client waits for; resolves when it is over, or at once where it is stored. */
  async fetchAhead(wanted: Wanted, visitor: Visitor): Promise<void> {
    const stored = this.store.peek(wanted.key)
    if (stored !== undefined && stored.status < 300 && this.#clock.now() < stored.freshUntil) return
    const flight = this.#flights.get(wanted.key) ?? this.depart(wanted, visitor, stored)
    flight.outcome.catch(() => {})
    await flight.over
  }

  /** Begins a fetch; with `hands`, what comes goes there instead of into the store. */
  depart(
    wanted: Wanted,
    visitor: Visitor,
    stored: StoredResponse | undefined,
    hands: Pick<Tower, 'land' | 'renew'> = this.#tower
  ): Flight {
    const { land, renew } = hands
    const origin = wanted.source === 'storage' && this.#storage ? this.#storage.origin : this.#origin
    const isCurrent = (): boolean => this.#flights.get(wanted.key) === flight
    const tower: Tower = {
      ...this.#tower,
      origin,
      // What was purged while it was under way goes to those who wait for it, and is not stored.
      land: (response) => (isCurrent() ? land(response) : void setImmediate(() => response.body.release())),
      renew: (response) => (isCurrent() ? renew(response) : undefined)
    }
    const flight = new Flight(tower, wanted, visitor, stored)
    this.#flights.set(wanted.key, flight)
    this.live.lowLatency.departed(wanted, flight.over)
    return flight
  }

  /** Drops what matches, under way or stored; tells how many stored responses it were. */
  purge(matches: (key: CacheKey) => boolean): number {
    this.#startOver(matches)
    return this.store.purge(matches)
  }

  /** Makes stale what matches: the next who asks for it gets a new one, unless the origin fails. */
  expire(matches: (key: CacheKey) => boolean): number {
    this.#startOver(matches)
    return this.store.expire(matches, this.#clock.now())
  }

  /** From now on keeps to these limits. */
  resize({ cacheSize, maxObjectSize }: Pick<KeeperOptions, 'cacheSize' | 'maxObjectSize'>): void {
    this.pool.limit(cacheSize)
    this.store.limit(cacheSize)
    this.#tower.largest = Math.min(maxObjectSize, cacheSize / 2)
  }

  change(key: CacheKey, most: Milliseconds): Promise<void> {
    return this.#changes.next(key, most)
  }

  /** Stores a response, takes over the hold on its body, and wakes those who wait for something else than before. */
  publish(response: StoredResponse): void {
    const before = this.store.peek(response.key)
    const stored = before === undefined ? response : withBodyOf(before, response)
    this.store.put(stored)
    void this.#coder.code(stored)
    if (before?.etag === response.etag && before?.status === response.status) return
    this.#changes.tell(response.key)
  }

  flightOf(key: CacheKey): Flight | undefined {
    return this.#flights.get(key)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.live.close()
    await Promise.all([this.#origin.close(), this.#storage?.origin.close()])
    this.store.clear()
  }

  #buildTower(options: KeeperOptions): Tower {
    const { origin, clock, cacheSize, maxObjectSize, silence } = options
    const hasPlaylist: LeadOptions['hasPlaylist'] = (path, visitor) => this.live.hasPlaylist(path, visitor)
    const leading = { ...options, pool: this.pool, hasPlaylist }
    return {
      origin,
      clock,
      pool: this.pool,
      counters: this.counters,
      largest: Math.min(maxObjectSize, cacheSize / 2),
      silenceFor: (wanted) => this.live.silenceFor(wanted, silence),
      isListed: ({ key }) => this.live.listings.isListed(key),
      expected: ({ key, range }) => ({ range, isGrowing: this.live.listings.isGrowing(key) }),
      lead: (wanted, visitor, body) => leadHere(leading, wanted, visitor, body),
      land: (response) => this.#land(response),
      renew: (response) => this.store.renew(response),
      setAside: ({ key }) => this.#aside.set(key, true),
      makeRoom: () => this.store.makeRoom(),
      ended: (flight) => this.#flights.delete(flight.wanted.key, flight)
    }
  }

  #startOver(matches: (key: CacheKey) => boolean): void {
    this.shared.purge(matches)
    for (const [key] of this.#flights.entries) if (matches(key)) this.#flights.delete(key)
    for (const key of [...this.#aside.keys()]) if (matches(key)) this.#aside.delete(key)
  }

  #land(landed: StoredResponse): void {
    const response = this.live.landing(landed)
    if (response.rule.kind === 'status') this.versions.note(response)
    this.publish(response)
    this.live.landed(response)
  }

  async #wait(flight: Flight, stored: StoredResponse | undefined, collapsed: boolean): Promise<Outcome> {
    stored?.body.hold()
    try {
      return withCollapsed(await flight.outcome, collapsed)
    } catch (error) {
      if (!(error instanceof OriginError)) throw error
      const isGood = stored !== undefined && this.#clock.now() < stored.staleUntil
      const standIn = isGood ? stored : await this.live.lowLatency.standIn(flight.wanted)
      if (standIn === undefined) throw error
      return { kind: 'stored', response: standIn, how: { kind: 'stale', detail: error.code } }
    } finally {
      setImmediate(() => stored?.body.release())
    }
  }

  #sweep(): void {
    if (this.#isClosed) return
    this.store.dropDead(this.#clock.now())
    this.#clock.after(sweepEvery, () => this.#sweep())
  }
}
