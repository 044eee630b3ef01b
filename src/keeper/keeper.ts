import { LRUCache } from 'lru-cache'
import { BlockPool } from '../body.ts'
import type { Bytes, Cache, CacheKey, Clock, Outcome, StoredResponse, Visitor, Wanted } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { KeeperCounters } from './counters.ts'
import { Flight, type Tower } from './flight.ts'
import type { Origin } from './origin.ts'
import { Store } from './store.ts'

/** How long a key that turned out to belong to single clients is not collapsed again, and how many are remembered. */
const asideFor = 5000
const mostAside = 1000
const sweepEvery = 10_000

export interface KeeperOptions {
  readonly origin: Origin
  readonly clock: Clock
  /** For all bodies together: stored, arriving and being sent. */
  readonly cacheSize: Bytes
  readonly maxObjectSize: Bytes
}

/** Owns what is stored, alone talks to the origin about anything that may be stored, and publishes what it stores. */
export class Keeper implements Cache {
  readonly counters = new KeeperCounters()
  readonly pool: BlockPool
  readonly store: Store
  readonly #clock: Clock
  readonly #origin: Origin
  readonly #tower: Tower
  /** From key to the one fetch of it that is under way. */
  readonly #flights = new Map<CacheKey, Flight>()
  /** Keys that were found to belong to single clients. */
  readonly #aside: LRUCache<CacheKey, true>
  readonly #sweep: NodeJS.Timeout

  constructor({ origin, clock, cacheSize, maxObjectSize }: KeeperOptions) {
    this.#clock = clock
    this.#origin = origin
    this.pool = new BlockPool(cacheSize)
    this.store = new Store(this.pool, cacheSize)
    this.#aside = new LRUCache({ max: mostAside, ttl: asideFor, perf: clock })
    this.#tower = {
      origin,
      clock,
      pool: this.pool,
      counters: this.counters,
      largest: Math.min(maxObjectSize, cacheSize / 2),
      land: (response) => this.store.put(response),
      renew: (response) => this.store.renew(response),
      setAside: ({ key }) => this.#aside.set(key, true),
      makeRoom: () => this.store.makeRoom(),
      ended: (flight) => this.#forget(flight)
    }
    this.#sweep = setInterval(() => this.store.dropDead(clock.now()), sweepEvery).unref()
  }

  /** Fetches under way. */
  get fills(): number {
    return this.#flights.size
  }

  lookup(key: CacheKey): StoredResponse | undefined {
    const stored = this.store.read(key)
    return stored !== undefined && this.#clock.now() < stored.freshUntil ? stored : undefined
  }

  async fetch(wanted: Wanted, visitor: Visitor): Promise<Outcome> {
    const { key } = wanted
    const now = this.#clock.now()
    const stored = this.store.read(key)
    if (stored !== undefined && now < stored.freshUntil)
      return { kind: 'stored', response: stored, how: { kind: 'hit' } }
    if (this.#aside.has(key)) return { kind: 'uncacheable', why: 'remembered' }
    const running = this.#flights.get(key)
    const flight = running ?? this.#depart(wanted, visitor, stored)
    if (stored !== undefined && now < stored.revalidateUntil) {
      flight.outcome.catch(() => {})
      return { kind: 'stored', response: stored, how: { kind: 'hit' } }
    }
    return this.#wait(flight, stored, running !== undefined)
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    await this.#origin.close()
    this.store.clear()
  }

  #depart(wanted: Wanted, visitor: Visitor, stored: StoredResponse | undefined): Flight {
    const flight = new Flight(this.#tower, wanted, visitor, stored)
    this.#flights.set(wanted.key, flight)
    return flight
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.wanted.key) === flight) this.#flights.delete(flight.wanted.key)
  }

  async #wait(flight: Flight, stored: StoredResponse | undefined, collapsed: boolean): Promise<Outcome> {
    stored?.body.hold()
    try {
      return withCollapsed(await flight.outcome, collapsed)
    } catch (error) {
      if (!(error instanceof OriginError)) throw error
      if (stored === undefined || this.#clock.now() >= stored.staleUntil) throw error
      return { kind: 'stored', response: stored, how: { kind: 'stale', detail: error.code } }
    } finally {
      setImmediate(() => stored?.body.release())
    }
  }
}

/** The same outcome as it looks to one who joined a fetch that somebody else had begun. */
function withCollapsed(outcome: Outcome, collapsed: boolean): Outcome {
  if (!collapsed) return outcome
  if (outcome.kind === 'filling') return { ...outcome, collapsed }
  if (outcome.kind === 'stored' && outcome.how.kind === 'fetched')
    return { ...outcome, how: { ...outcome.how, collapsed } }
  return outcome
}
