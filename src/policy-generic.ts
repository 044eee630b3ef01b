import type { Milliseconds } from './cache.ts'
import type { Policy, Route, Rule } from './policy.ts'

/** What the keeper has learnt of an origin that it knows nothing of beforehand. */
export interface Learnt {
  /** Whether a playlist that was seen lately lists this target, or says that it will: it is media, whatever it is called. */
  isListed(target: string): boolean
  /** Whether it is a segment in the making, of which a playlist lists parts by their range. */
  isGrowing(target: string): boolean
  /** Whether this target was answered with a playlist before, though its name does not tell. */
  isPlaylist(target: string): boolean
}

const second: Milliseconds = 1000
const minute = 60 * second

const media = {
  revalidateFor: 0,
  coding: 'identity',
  body: 'any',
  conditional: true,
  crossOrigin: true
} as const

/** A playlist of whatever kind; which one, its text tells. */
const playlist: Rule = {
  ...media,
  kind: 'media-playlist',
  freshFor: second,
  missingFor: 500,
  staleFor: 0,
  body: 'playlist',
  conditional: false,
  contentTypes: /mpegurl|^text\/plain|octet-stream/i
}

/**
 * Media that a playlist lists. Half a minute, then asked about: other servers than Owncast use names again when a stream
 * restarts, and a 304 costs next to nothing.
 */
const segment: Rule = {
  ...media,
  kind: 'segment',
  freshFor: 30 * second,
  missingFor: second,
  staleFor: 10 * minute,
  contentTypes: /^(video|audio|image|font)\/|octet-stream|^application\/(mp4|ttml|x-mpegts)|^text\/vtt/i,
  unshared: /\b(private|no-store)\b/i
}

const playlistName = /\.m3u8?$/i
/** Names that nothing else has; .mp4, .aac, .vtt and the like are media only where a playlist lists them. */
const segmentName = /\.(ts|m4s|cmf[vat])$/i

/**
 * What a target is at any origin that serves HLS: playlists and segments are told by name, by content type and by what
 * playlists list, and have the live rules; everything else is plain RFC 9111. The query stays in the key, because a token
 * may be in it, less the reports of players (CMCD), which differ with each request.
 */
export function genericPolicy(learnt: Learnt): Policy {
  return (target) => {
    const mark = target.indexOf('?')
    const path = mark < 0 ? target : target.slice(0, mark)
    const query = mark < 0 ? '' : keptQuery(target.slice(mark + 1))
    const whole = path + query
    if (playlistName.test(path) || learnt.isPlaylist(whole)) return stored(playlist, whole)
    if (learnt.isGrowing(whole)) return { ...stored(segment, whole), growing: true }
    if (segmentName.test(path) || learnt.isListed(whole)) return stored(segment, whole)
    return { kind: 'shared', key: whole }
  }
}

function stored(rule: Rule, key: string): Extract<Route, { kind: 'stored' }> {
  return { kind: 'stored', rule, key, target: key, keyedBy: 'target' }
}

/** The parameters that make another response: delivery directives last and in the order of their names (rfc8216bis §6.2.5). */
function keptQuery(query: string): string {
  const kept = query.split('&').filter((parameter) => parameter !== '' && !/^CMCD(=|$)/i.test(parameter))
  const directives = kept.filter((parameter) => parameter.startsWith('_HLS_')).sort()
  const others = kept.filter((parameter) => !parameter.startsWith('_HLS_'))
  return kept.length === 0 ? '' : `?${[...others, ...directives].join('&')}`
}
