import type { Milliseconds } from '../cache.ts'
import type { Certificate } from '../certificate.ts'

const minute: Milliseconds = 60_000
const longestRetry: Milliseconds = 4 * 60 * minute

/**
 * When to order the next certificate: as soon as less than a third of this one's lifetime remains, or somewhat later, so
 * that many edges do not come at once. `jitter`: 0 up to 1.
 */
export function renewalAt({ validFrom, validUntil }: Certificate, jitter: number): Milliseconds {
  return validUntil - (validUntil - validFrom) * (1 / 3 - jitter / 30)
}

/**
 * How long to wait after so many failures in a row: a minute, then three times as long each time, up to four hours. Let's
 * Encrypt counts five failures of a name within an hour; these are five in the first.
 */
export function retryDelay(failures: number, jitter: number): Milliseconds {
  return Math.min(minute * 3 ** (failures - 1), longestRetry) * (1 + jitter / 10)
}
