import { LRUCache } from 'lru-cache'
import type { BlockPool, Body } from '../body.ts'
import type { Bytes, CacheKey, Milliseconds, StoredResponse } from '../cache.ts'

/** What a stored response takes beside its body: its head, its key, its places in the maps. An estimate. */
const overhead: Bytes = 2048
/** How many 404s are remembered; they are kept apart, so that a flood of them evicts no segment. */
const mostMissing = 1000

/**
 * What is stored, within a limit of bytes that bodies in flight and bodies still being sent count towards. Reads go to a
 * plain Map; lru-cache keeps the accounts and the order, brought up to date before it must choose what to evict.
 */
export class Store {
  evictions = 0
  readonly #pool: BlockPool
  #limit: Bytes
  /** From key to what is stored under it: everything in the two lru-caches. */
  readonly #responses = new Map<CacheKey, StoredResponse>()
  /** Keys that were read since the order was last brought up to date. */
  readonly #used = new Set<CacheKey>()
  readonly #kept: LRUCache<CacheKey, StoredResponse>
  readonly #missing: LRUCache<CacheKey, StoredResponse>
  /** Bytes of bodies dropped just now: held still, but as good as gone. */
  #leaving: Bytes = 0

  /** Called with what is stored no more, under whatever head. */
  gone: (response: StoredResponse) => void = () => {}

  constructor(pool: BlockPool, limit: Bytes) {
    this.#pool = pool
    this.#limit = limit
    const dispose = (response: StoredResponse, key: CacheKey, reason: LRUCache.DisposeReason): void => {
      if (this.#responses.get(key) === response) {
        this.#responses.delete(key)
        this.gone(response)
      }
      if (reason === 'evict') this.evictions++
      this.#letGo(response.body)
    }
    this.#kept = new LRUCache({
      // The limit is kept by makeRoom, which knows of bodies that are not stored, and may be changed.
      maxSize: Number.MAX_SAFE_INTEGER,
      sizeCalculation: (response) => response.body.size + overhead,
      dispose
    })
    this.#missing = new LRUCache({ max: mostMissing, dispose })
  }

  get count(): number {
    return this.#responses.size
  }

  /** How many bytes all bodies may take. */
  get size(): Bytes {
    return this.#limit
  }

  get bytes(): Bytes {
    return this.#kept.calculatedSize
  }

  read(key: CacheKey): StoredResponse | undefined {
    const response = this.#responses.get(key)
    if (response !== undefined) this.#used.add(key)
    return response
  }

  /** Looks without counting as a use. */
  peek(key: CacheKey): StoredResponse | undefined {
    return this.#responses.get(key)
  }

  /** Keeps a response in the place of what was there before; takes over one hold on its body. */
  put(response: StoredResponse): void {
    this.#bringUpToDate()
    const isKept = response.status === 200 || response.status === 206 || response.rule.kind === 'resource'
    const [home, other] = isKept ? [this.#kept, this.#missing] : [this.#missing, this.#kept]
    other.delete(response.key)
    this.#responses.set(response.key, response)
    home.set(response.key, response)
    this.makeRoom()
  }

  /** The same body under a newer head, as after a 304. */
  renew(response: StoredResponse): void {
    response.body.hold()
    this.put(response)
  }

  drop(key: CacheKey): void {
    this.#kept.delete(key)
    this.#missing.delete(key)
  }

  clear(): void {
    this.#kept.clear()
    this.#missing.clear()
  }

  /** Drops what was used least recently until all bodies together fit the limit, with what is still to come of them. */
  makeRoom(): void {
    let over = this.#pool.held + this.#pool.promised - this.#leaving - this.#limit
    while ((over > 0 || this.bytes > this.#limit) && this.#kept.size > 0) {
      this.#bringUpToDate()
      const oldest = this.#kept.pop() as StoredResponse
      over -= oldest.body.size
    }
  }

  /** From now on keeps to this many bytes. */
  limit(limit: Bytes): void {
    this.#limit = limit
    this.makeRoom()
  }

  /** Drops what matches; tells how many it were. */
  purge(matches: (key: CacheKey) => boolean): number {
    const keys = [...this.#responses.keys()].filter(matches)
    for (const key of keys) this.drop(key)
    return keys.length
  }

  /** Makes stale what matches, as if it had been stored long ago: still good for an origin that fails. */
  expire(matches: (key: CacheKey) => boolean, now: Milliseconds): number {
    const found = [...this.#responses.values()].filter(({ key }) => matches(key))
    for (const response of found) this.renew({ ...response, ...staleFrom(response, now) })
    return found.length
  }

  /** Drops what can be of no use to anybody any more: neither fresh nor good enough to stand in. */
  dropDead(now: Milliseconds): void {
    for (const [key, response] of this.#responses) {
      const { freshUntil, revalidateUntil, staleUntil, usefulUntil = 0 } = response
      if (now > Math.max(freshUntil, revalidateUntil, staleUntil, usefulUntil)) this.drop(key)
    }
  }

  #bringUpToDate(): void {
    for (const key of this.#used) this.#kept.get(key)
    this.#used.clear()
  }

  /**
   * After everything that promises bring about now, so that whoever was promised the body can still hold it. Not a turn of
   * the event loop later: in one turn come megabytes, which would take new memory beside that of what leaves.
   */
  #letGo(body: Body): void {
    const { size } = body
    this.#leaving += size
    const release = (): void => {
      this.#leaving -= size
      body.release()
    }
    queueMicrotask(() => process.nextTick(release))
  }
}

function staleFrom({ rule, freshUntil }: StoredResponse, now: Milliseconds): Partial<StoredResponse> {
  return { freshUntil: Math.min(freshUntil, now), revalidateUntil: now + rule.revalidateFor }
}
