import type { CacheKey, Milliseconds, StoredResponse } from '../../cache.ts'
import { type RangeSpec, selectRange } from '../../http/range.ts'
import { isSelected } from '../../http/vary.ts'
import type { Store } from '../store.ts'
import type { Kept } from './kept.ts'

/** So many variants and parts are kept of one key; the oldest goes for a new one. */
const mostOfKey = 16

/** What is stored by RFC 9111: under each key the variants that Vary makes, and parts of them. The store keeps the accounts. */
export class Shelf {
  readonly #store: Store
  /** From key to what is stored of it, the newest first. */
  readonly #kept = new Map<CacheKey, readonly Kept[]>()

  constructor(store: Store) {
    this.#store = store
    store.gone = (response) => this.#forget(response)
  }

  /** Everything of a key, the newest first. */
  of(base: CacheKey): readonly Kept[] {
    return this.#kept.get(base) ?? []
  }

  /** The newest whole response that these fields select. */
  whole(base: CacheKey, fields: readonly string[]): Kept | undefined {
    return this.of(base).find(({ extent, variant }) => extent === undefined && isSelected(variant, fields))
  }

  /** The newest fresh part that holds all of a range. */
  part(base: CacheKey, fields: readonly string[], range: RangeSpec, now: Milliseconds): Kept | undefined {
    return this.of(base).find(({ extent, variant, life, length }) => {
      if (extent === undefined || now >= life.freshUntil || !isSelected(variant, fields)) return false
      const selected = selectRange(range, extent.total)
      return (
        selected.kind === 'part' && selected.start >= extent.first && selected.end < extent.first + length
      )
    })
  }

  /** Stores it in the place of the whole that the same fields selected; takes over the hold on its body. */
  put(kept: Kept, fields: readonly string[]): void {
    const before = kept.extent === undefined ? this.whole(kept.base, fields) : undefined
    if (before !== undefined) this.drop(before)
    for (const one of this.of(kept.base).slice(mostOfKey - 1)) this.drop(one)
    this.#kept.set(kept.base, [kept, ...this.of(kept.base)])
    this.#store.put(kept)
  }

  /** The same body under a newer head. */
  renew(before: Kept, after: Kept): void {
    if (this.#store.peek(before.key) !== before) return
    this.#kept.set(
      before.base,
      this.of(before.base).map((one) => (one === before ? after : one))
    )
    this.#store.renew(after)
  }

  /** It was used, which keeps it from being evicted. */
  use({ key }: Kept): void {
    this.#store.read(key)
  }

  drop({ key }: Kept): void {
    this.#store.drop(key)
  }

  #forget({ key, rule }: StoredResponse): void {
    if (rule.kind !== 'resource') return
    const base = key.slice(0, key.lastIndexOf(' #'))
    const left = this.of(base).filter((one) => one.key !== key)
    if (left.length === 0) this.#kept.delete(base)
    else this.#kept.set(base, left)
  }
}
