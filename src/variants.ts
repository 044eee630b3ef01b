import type { StoredResponse } from './cache.ts'
import type { Variant } from './hls/multivariant-playlist.ts'
import { readPlaylist } from './hls/playlist.ts'

/** A variant as people call it. */
export interface VariantName {
  /** Such as 720p, or 1080p60 */
  readonly name: string
  /** Bits per second. */
  readonly bandwidth: number
}

/** What the numbers in the paths of media playlists stand for, by the newest multivariant playlist that was stored. */
export class Variants {
  readonly #peek: () => StoredResponse | undefined
  #read: StoredResponse | undefined
  #names: Readonly<Record<string, VariantName>> = {}

  constructor(peek: () => StoredResponse | undefined) {
    this.#peek = peek
  }

  /** By number. What was known last, where nothing is stored now. */
  names(): Readonly<Record<string, VariantName>> {
    const stored = this.#peek()
    if (stored === undefined || stored === this.#read || stored.status !== 200) return this.#names
    this.#read = stored
    const playlist = readPlaylist(stored.body.text())
    if (playlist?.kind === 'multivariant') this.#names = namesOf(playlist.variants)
    return this.#names
  }
}

function namesOf(variants: readonly Variant[]): Record<string, VariantName> {
  const names: Record<string, VariantName> = {}
  for (const variant of variants) {
    const [, number] = /(\d{1,3})\/stream\.m3u8(?:\?|$)/.exec(variant.uri) ?? []
    if (number !== undefined) names[number] = { name: nameOf(variant), bandwidth: variant.bandwidth }
  }
  return names
}

function nameOf({ resolution, frameRate = 0, bandwidth }: Variant): string {
  if (resolution === undefined) return `${(bandwidth / 1e6).toFixed(1)} Mbit/s`
  return `${resolution.height}p${frameRate > 31 ? Math.round(frameRate) : ''}`
}
