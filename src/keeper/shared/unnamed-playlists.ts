import { LRUCache } from 'lru-cache'
import type { CacheKey } from '../../cache.ts'
import { fieldValue } from '../../http/fields.ts'

/** How many are remembered. */
const most = 1000

/** Targets that are playlists without being called so: told by their type, they have the rules of live playlists from then on. */
export class UnnamedPlaylists {
  readonly #known = new LRUCache<CacheKey, true>({ max: most })

  /** This was answered under these fields. */
  note(key: CacheKey, fields: readonly string[]): void {
    if (/mpegurl/i.test(fieldValue(fields, 'content-type') ?? '')) this.#known.set(key, true)
  }

  has(key: CacheKey): boolean {
    return this.#known.has(key)
  }
}
