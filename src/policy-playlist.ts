import type { Milliseconds, Seconds } from './cache.ts'
import type { Rule } from './policy.ts'

/** A live playlist stays fresh for half its target duration, a second at the most, so that it never lags noticeably. */
export function playlistFreshFor(rule: Rule, targetDuration: Seconds | undefined): Milliseconds {
  return targetDuration === undefined ? rule.freshFor : Math.min(rule.freshFor, targetDuration * 500)
}

/** A live playlist may stand in for a failed origin for one target duration; one that has ended never (§3.6). */
export function playlistStaleFor(ended: boolean, targetDuration: Seconds | undefined): Milliseconds {
  return ended || targetDuration === undefined ? 0 : targetDuration * 1000
}
