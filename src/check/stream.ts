import type { MediaPlaylist } from '../hls/media-playlist.ts'
import type { Variant } from '../hls/multivariant-playlist.ts'
import { readPlaylist } from '../hls/playlist.ts'
import type { Look, Reply } from './ask.ts'
import type { MediaFound, Sample, Source, StreamFound } from './findings.ts'

/** Follows the playlists as a player does: the variants, the best one's media playlist, one of its segments. */
export async function findStream(look: Look, origin: URL): Promise<StreamFound> {
  const reply = await look('/hls/stream.m3u8')
  if (reply.status !== 200) return { kind: 'none', status: reply.status }
  const playlist = playlistIn(reply)
  if (playlist?.kind !== 'multivariant') return { kind: 'unreadable' }
  const best = [...playlist.variants].sort((a, b) => b.bandwidth - a.bandwidth)[0]
  if (best === undefined) return { kind: 'unreadable' }
  const address = new URL(best.uri, new URL('/hls/stream.m3u8', origin))
  const from = await sourceOf(look, address, origin)
  const media = await findMedia(look, address)
  return { kind: 'found', variants: playlist.variants, media, from }
}

/** An absolute address that the origin itself has as well is its serving endpoint's, otherwise external storage's (owncast.md §7). */
async function sourceOf(look: Look, address: URL, origin: URL): Promise<Source> {
  if (address.host === origin.host) return { kind: 'origin' }
  const own = await look(address.pathname.replace(/\/{2,}/g, '/')).catch(() => undefined)
  if (own?.status === 200) return { kind: 'endpoint', host: address.host }
  return { kind: 'storage', address: new URL('..', address).href.replace(/\/$/, '') }
}

async function findMedia(look: Look, address: URL): Promise<MediaFound> {
  const reply = await look(address.href).catch(() => undefined)
  const playlist = reply && playlistIn(reply)
  if (playlist?.kind !== 'media') return { kind: 'missing', status: reply?.status ?? 0 }
  if (playlist.ended) return { kind: 'ended' }
  const { targetDuration, segments } = playlist
  const sample = await takeSample(look, address, playlist)
  return { kind: 'live', targetDuration, segments: segments.length, sample }
}

/** The last but one: whole for sure, and so new that no cache in front of Owncast need have it. */
async function takeSample(look: Look, base: URL, { segments }: MediaPlaylist): Promise<Sample | undefined> {
  const segment = segments.at(-2) ?? segments.at(-1)
  if (segment === undefined) return undefined
  const reply = await look(new URL(segment.uri, base).href).catch(() => undefined)
  if (reply?.status !== 200) return undefined
  const { body, headAfter, bodyTook } = reply
  return { bytes: body.length, duration: segment.duration, took: headAfter + bodyTook, bodyTook }
}

function playlistIn({ status, body }: Reply): ReturnType<typeof readPlaylist> {
  return status === 200 ? readPlaylist(body.toString()) : undefined
}

/** Bits per second of all variants together: what an edge takes from the line at the most. */
export function totalBandwidth(variants: readonly Variant[]): number {
  return variants.reduce((sum, { bandwidth }) => sum + bandwidth, 0)
}
