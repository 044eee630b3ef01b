import type { Seconds } from '../cache.ts'
import type { MediaPlaylist } from './media-playlist.ts'

/** What a low-latency player asks of a playlist (rfc8216bis §6.2.5). */
export interface Directives {
  /** The media sequence number to wait for, and the part of it. */
  readonly msn: number | undefined
  readonly part: number | undefined
  readonly skip: 'YES' | 'v2' | undefined
  /** All `_HLS_` parameters in the order of their names: the only part of a query that makes another playlist. */
  readonly canonical: string
}

const reserved = '_HLS_'

/** Whether a request target asks for more than the playlist as it is. */
export function hasDirectives(target: string): boolean {
  const mark = target.indexOf('?')
  return mark >= 0 && target.includes(reserved, mark)
}

/** The directives of a request target; undefined where there are none, or none that make sense. */
export function directivesOf(target: string): Directives | undefined {
  if (!hasDirectives(target)) return undefined
  const directives = readDirectives(target.slice(target.indexOf('?') + 1))
  return directives === 'invalid' ? undefined : directives
}

/** The target of the playlist as it is. */
export function withoutDirectives(target: string): string {
  const [path = '', query = ''] = target.split('?', 2)
  const kept = query.split('&').filter((parameter) => parameter !== '' && !parameter.startsWith(reserved))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

/** The directives in a query, `invalid` for what has to be answered with a 400: a part of no segment, no number, twice one. */
export function readDirectives(query: string): Directives | 'invalid' {
  const pairs = pairsIn(query)
  const asked = new Map(pairs)
  if (asked.size !== pairs.length) return 'invalid'
  const [msn, part, skip] = ['_HLS_msn', '_HLS_part', '_HLS_skip'].map((name) => asked.get(name))
  if (!isInteger(msn) || !isInteger(part) || (part !== undefined && msn === undefined)) return 'invalid'
  if (skip !== undefined && skip !== 'YES' && skip !== 'v2') return 'invalid'
  const canonical = pairs.map(([name, value]) => `${name}=${value}`).join('&')
  return { msn: numberOf(msn), part: numberOf(part), skip, canonical }
}

function pairsIn(query: string): [string, string][] {
  if (!query.includes(reserved)) return []
  const pairs = [...new URLSearchParams(query)].filter(([name]) => name.startsWith(reserved))
  // What is no plain word cannot be told from a separator in the key, and no directive has such a value.
  const plain = pairs.map(([name, value]): [string, string] => [
    encodeURIComponent(name),
    encodeURIComponent(value)
  ])
  return plain.sort(([one], [other]) => (one < other ? -1 : 1))
}

function isInteger(value: string | undefined): boolean {
  return value === undefined || /^\d{1,15}$/.test(value)
}

function numberOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

/** Whether the playlist already has what the directives wait for; one that has ended waits for nothing. */
export function isMet(directives: Directives, playlist: MediaPlaylist): boolean {
  const { msn, part } = directives
  if (msn === undefined || playlist.ended) return true
  const next = nextOf(playlist)
  if (part === undefined || msn < next - 1) return msn < next
  if (msn > next) return false
  // A part beyond the last one of a segment is the first of the next (§6.2.5.2).
  const isFirstOfNext = msn === next - 1 && part >= partsOf(playlist, msn) && partsOf(playlist, msn) > 0
  return isFirstOfNext ? partsOf(playlist, next) > 0 : msn < next || partsOf(playlist, msn) > part
}

/**
 * Whether the directives are too far ahead to wait for, which is a 400 (rfc8216bis §6.2.5.2): more than two segments, or
 * more parts than come in three times the part target or a second, whichever is longer.
 * @param age how old the playlist is: the origin may be further by now
 */
export function isTooFarAhead(directives: Directives, playlist: MediaPlaylist, age: Seconds = 0): boolean {
  const { msn, part } = directives
  const { partTarget, targetDuration } = playlist
  if (msn === undefined || playlist.ended) return false
  const last = nextOf(playlist) - 1
  if (msn > last + 2 + Math.ceil((2 * age) / (targetDuration || 1))) return true
  if (part === undefined || partTarget === undefined || msn < last) return false
  const limit = (partTarget < 1 ? Math.ceil(3 / partTarget) : 3) + Math.ceil(age / partTarget)
  return part >= partsOf(playlist, msn) + limit
}

/** The media sequence number that comes next. */
function nextOf(playlist: MediaPlaylist): number {
  return playlist.mediaSequence + playlist.skipped + playlist.segments.length
}

function partsOf(playlist: MediaPlaylist, sequence: number): number {
  return playlist.parts.filter((part) => part.sequence === sequence).length
}
