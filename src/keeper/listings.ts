import type { CacheKey } from '../cache.ts'
import type { MediaPlaylist } from '../hls/media-playlist.ts'

/** More playlists than any stream has: what a client makes up in a query takes no memory without end. */
const mostPlaylists = 1000

/** What the URIs of one playlist are on this edge. */
export interface Listing {
  /** There, whatever the origin says. */
  readonly listed: ReadonlySet<CacheKey>
  /** To come (rfc8216bis §6.2.6). */
  readonly hinted: ReadonlySet<CacheKey>
  /** Segments in the making, of which parts are listed by their range: nobody knows where they end. */
  readonly growing: ReadonlySet<CacheKey>
}

/** Sorts the URIs of a playlist; `keyOf` gives undefined for those that lead elsewhere. */
export function listingOf(playlist: MediaPlaylist, keyOf: (uri: string) => CacheKey | undefined): Listing {
  const keysOf = (uris: readonly string[]): Set<CacheKey> =>
    new Set(uris.map(keyOf).filter((key) => key !== undefined))
  const { segments, parts, preloadHints } = playlist
  const whole = segments.flatMap(({ uri, map }) => (map === undefined ? [uri] : [uri, map.uri]))
  const ranged = [
    ...parts.filter(({ byteRange }) => byteRange !== undefined),
    ...preloadHints.filter(({ start, length }) => start > 0 || length !== undefined)
  ].map(({ uri }) => uri)
  const named = parts.filter(({ byteRange }) => byteRange === undefined).map(({ uri }) => uri)
  return {
    listed: keysOf([...whole, ...named]),
    hinted: keysOf(preloadHints.map(({ uri }) => uri)),
    growing: keysOf(ranged.filter((uri) => !whole.includes(uri)))
  }
}

/** What the media playlists list that were seen last. */
export class Listings {
  /** From the key of a playlist to what it lists, the least lately seen first. */
  readonly #playlists = new Map<CacheKey, Listing>()
  readonly #listed = new Tally()
  readonly #hinted = new Tally()
  readonly #growing = new Tally()

  note(playlist: CacheKey, listing: Listing): void {
    this.forget(playlist)
    const [oldest] = this.#playlists.keys()
    if (oldest !== undefined && this.#playlists.size >= mostPlaylists) this.forget(oldest)
    this.#playlists.set(playlist, listing)
    this.#listed.add(listing.listed)
    this.#hinted.add(listing.hinted)
    this.#growing.add(listing.growing)
  }

  forget(playlist: CacheKey): void {
    const listing = this.#playlists.get(playlist)
    if (listing === undefined) return
    this.#playlists.delete(playlist)
    this.#listed.remove(listing.listed)
    this.#hinted.remove(listing.hinted)
    this.#growing.remove(listing.growing)
  }

  isListed(key: CacheKey): boolean {
    return this.#listed.has(key)
  }

  isHinted(key: CacheKey): boolean {
    return this.#hinted.has(key)
  }

  /** A segment in the making that no playlist lists as a whole yet. */
  isGrowing(key: CacheKey): boolean {
    return this.#growing.has(key) && !this.#listed.has(key)
  }
}

/** How many sets a key is in. */
class Tally {
  readonly #counts = new Map<CacheKey, number>()

  has(key: CacheKey): boolean {
    return this.#counts.has(key)
  }

  add(keys: Iterable<CacheKey>): void {
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  remove(keys: Iterable<CacheKey>): void {
    for (const key of keys) {
      const count = (this.#counts.get(key) ?? 1) - 1
      if (count > 0) this.#counts.set(key, count)
      else this.#counts.delete(key)
    }
  }
}
