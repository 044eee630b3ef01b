import type { Milliseconds, Seconds } from '../cache.ts'

/** What is known of a live playlist that is followed. */
export interface Followed {
  /** When it was last seen to have changed. */
  readonly changedAt: Milliseconds
  /** Of the newest segment in it. */
  readonly lastDuration: Seconds
  readonly targetDuration: Seconds
  /** How often it has been asked for since, without a change. */
  readonly asks: number
}

/** In the steps of the short waits; a player itself waits half a target duration (RFC 8216 §6.3.4). */
const closeAsks = 4

/**
 * When to ask for a live playlist again. First a step before the next segment is due, then in short steps of a sixteenth of
 * the target duration: whoever asks shortly before the change sees it a step late at most, and because the first ask is
 * early, a late sight of one change does not make the next one later. Four such asks at the most, then every quarter of a
 * target duration; after 1.5 of them without change (rfc8216bis §6.2.1 allows no more) every half, after six every whole.
 */
export function reloadAt(followed: Followed, now: Milliseconds): Milliseconds {
  const target = followed.targetDuration * 1000
  const step = Math.min(Math.max(target / 16, 80), 250)
  if (followed.asks === 0)
    return Math.max(followed.changedAt + followed.lastDuration * 1000 - step, now + step)
  return now + Math.max(waitOf(followed, now - followed.changedAt, step), step)
}

function waitOf(followed: Followed, unchangedFor: Milliseconds, step: Milliseconds): Milliseconds {
  const target = followed.targetDuration * 1000
  if (unchangedFor > 6 * target) return target
  if (unchangedFor > 1.5 * target) return target / 2
  return followed.asks < closeAsks ? step : target / 4
}
