import type { Body } from '../body.ts'
import type { CacheKey, Milliseconds, Outcome, ResponseHead, StoredResponse, Wanted } from '../cache.ts'
import { directivesOf, isMet } from '../hls/directives.ts'
import { readPlaylist } from '../hls/playlist.ts'
import type { Rule } from '../policy.ts'
import { playlistFreshFor, playlistStaleFor } from '../policy-playlist.ts'
import { lacksValidator, withEtag } from './validator.ts'

/** Everything of a fetch that has come whole. `bornAt`: when it was asked for, less the age it came with. */
export interface Arrived {
  readonly wanted: Wanted
  readonly head: ResponseHead
  readonly body: Body
  readonly bornAt: Milliseconds
}

/** The stored response of what has arrived, with its times; takes over the hold on the body. */
export function responseOf({ wanted, head, body, bornAt }: Arrived, now: Milliseconds): StoredResponse {
  const { key, rule } = wanted
  const isGood = head.status === 200 || head.status === 206
  const times = isGood && rule.body === 'playlist' ? playlistTimes(key, rule, body.text()) : rule
  const freshUntil = now + (isGood ? times.freshFor : rule.missingFor)
  const { status, fields, etag, lastModified, date } = recognisable(head, rule, body)
  // Written out: of a spread and more, V8 makes a hidden class for each response, 4 KB, and reads them all the slow way.
  return {
    status,
    fields,
    length: body.length,
    etag,
    lastModified,
    date,
    key,
    rule,
    body,
    bornAt,
    freshUntil,
    revalidateUntil: isGood ? freshUntil + rule.revalidateFor : 0,
    staleUntil: isGood ? freshUntil + times.staleFor : 0
  }
}

/**
 * Under a strong validator. A playlist's Last-Modified counts whole seconds, within which it may change twice (owncast.md
 * §2.3): by the entity-tag an edge in front of us asks for the next one. Other things get one where they have no validator.
 */
function recognisable(head: ResponseHead, rule: Rule, body: Body): ResponseHead {
  const isPlaylist = rule.body === 'playlist' && (head.status === 200 || head.status === 206)
  const lacks = isPlaylist ? head.etag === undefined : lacksValidator(head, body)
  return lacks ? withEtag(head, body) : head
}

/** The same response, confirmed by the origin: fresh for another while (RFC 9111 §4.3.4). */
export function renewed(before: StoredResponse, bornAt: Milliseconds, now: Milliseconds): StoredResponse {
  const freshUntil = now + before.rule.freshFor
  return {
    ...before,
    bornAt,
    freshUntil,
    revalidateUntil: freshUntil + before.rule.revalidateFor,
    staleUntil: freshUntil + before.rule.staleFor
  }
}

interface PlaylistTimes {
  readonly freshFor: Milliseconds
  readonly staleFor: Milliseconds
}

/**
 * A playlist that was waited for by number never changes for six target durations, one that is asked for as it is may be
 * half a target duration old where players can wait for the next (rfc8216bis appendix B.1).
 */
function playlistTimes(key: CacheKey, rule: Rule, text: string): PlaylistTimes {
  const playlist = readPlaylist(text)
  if (playlist?.kind === 'multivariant') return { freshFor: rule.freshFor, staleFor: rule.staleFor }
  const target = playlist?.targetDuration
  const directives = directivesOf(key)
  const hasWaited = directives?.msn !== undefined && playlist?.ended === false && isMet(directives, playlist)
  if (hasWaited) return { freshFor: 6000 * playlist.targetDuration, staleFor: 0 }
  if (playlist?.ended === false && playlist.serverControl.canBlockReload)
    return { freshFor: 500 * playlist.targetDuration, staleFor: 1000 * playlist.targetDuration }
  return {
    freshFor: playlistFreshFor(rule, target),
    staleFor: playlistStaleFor(playlist?.ended ?? true, target)
  }
}

/** What is here already. */
export function hit(response: StoredResponse): Outcome {
  return { kind: 'stored', response, how: { kind: 'hit' } }
}

/** What those who waited for a fetch get of it. */
export function fetched(response: StoredResponse, before: StoredResponse | undefined): Outcome {
  const reason = before === undefined ? 'uri-miss' : 'stale'
  return { kind: 'stored', response, how: { kind: 'fetched', reason, collapsed: false } }
}

/** The same outcome as it looks to one who joined a fetch that somebody else had begun. */
export function withCollapsed(outcome: Outcome, collapsed: boolean): Outcome {
  if (!collapsed) return outcome
  if (outcome.kind === 'filling') return { ...outcome, collapsed }
  if (outcome.kind === 'stored' && outcome.how.kind === 'fetched')
    return { ...outcome, how: { ...outcome.how, collapsed } }
  return outcome
}

/**
 * The same response with the body of the one before, where that is the same: it has its codings already, and its bytes need
 * not be held twice. Takes over the hold on the other body.
 */
export function withBodyOf(before: StoredResponse, response: StoredResponse): StoredResponse {
  const isSame = before.etag === response.etag && before.length === response.length && before.status === 200
  const isStrong = response.etag !== undefined && !response.etag.startsWith('W/')
  if (before.body === response.body || !isSame || !isStrong || response.rule.body !== 'playlist')
    return response
  before.body.hold()
  setImmediate(() => response.body.release())
  return { ...response, body: before.body }
}
