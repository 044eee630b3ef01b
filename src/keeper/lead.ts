import { type BlockPool, Body } from '../body.ts'
import type { Visitor, Wanted } from '../cache.ts'
import { readPlaylist } from '../hls/playlist.ts'
import { relativised, withPrefix } from '../hls/rewrite.ts'

/** What leading players here needs of the keeper and the settings. */
export interface LeadOptions {
  readonly pool: BlockPool
  /** The bucket that holds the media, and where on this edge it is found. */
  readonly storage: { readonly url: string; readonly prefix: string } | undefined
  /** Where the origin is, where players are led away from it whatever it is that it names. */
  readonly ownAddress?: string | undefined
  /** Whether the origin itself has this media playlist. */
  hasPlaylist(path: string, visitor: Visitor): Promise<boolean>
}

const absoluteUri = /^(?:#.*URI=")?https?:/m

/**
 * Leads players that read a playlist to this edge: addresses of the bucket become paths here, and a serving endpoint's
 * absolute addresses (owncast.md §7) become relative, so that viewers stay on the edge they came to. Addresses of media
 * that the origin has not got itself lead elsewhere on purpose and stay as they are.
 */
export async function leadHere(
  options: LeadOptions,
  wanted: Wanted,
  visitor: Visitor,
  body: Body
): Promise<Body> {
  const { storage, ownAddress, pool } = options
  const text = body.text()
  const stored = storage === undefined ? text : withPrefix(text, storage.url, storage.prefix)
  const ours = ownAddress === undefined ? stored : withPrefix(stored, ownAddress, '')
  const led =
    wanted.rule.kind === 'multivariant-playlist' ? await stayHere(options, wanted, visitor, ours) : ours
  if (led === text) return body
  body.release()
  return Body.of(pool, Buffer.from(led))
}

/** Whether leading may change anything: nearly all playlists hold nothing absolute. */
export function mayLead(body: Body): boolean {
  return absoluteUri.test(body.text())
}

async function stayHere(
  { hasPlaylist }: LeadOptions,
  wanted: Wanted,
  visitor: Visitor,
  text: string
): Promise<string> {
  const relative = relativised(text, wanted.target)
  if (relative === text) return text
  const playlist = readPlaylist(relative)
  const first = playlist?.kind === 'multivariant' ? playlist.variants[0]?.uri : undefined
  if (first === undefined || !URL.canParse(first, 'http://edge.invalid/hls/')) return text
  const { pathname } = new URL(first, 'http://edge.invalid/hls/')
  return (await hasPlaylist(pathname, visitor)) ? relative : text
}
