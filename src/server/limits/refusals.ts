import { channel } from 'node:diagnostics_channel'
import type { Clock, Milliseconds, Seconds } from '../../cache.ts'

/** Every limit that somebody can meet, by the name that counters, logs and Cache-Status have for it. */
export const limitNames = [
  'too-many-connections',
  'too-many-connections-of-address',
  'too-many-requests',
  'too-many-origin-requests',
  'too-many-tunnels',
  'too-many-fields',
  'too-slow',
  'line-full',
  'overloaded',
  'no-proxy-header'
] as const

export type LimitName = (typeof limitNames)[number]

/** How a request is refused that meets a limit. */
export interface Refusal {
  readonly code: LimitName
  readonly status: 429 | 431 | 503
  readonly error: string
  readonly retryAfter?: Seconds
}

export const refusals = {
  requests: {
    code: 'too-many-requests',
    status: 429,
    error: 'There are too many requests from your address.',
    retryAfter: 1
  },
  originRequests: {
    code: 'too-many-origin-requests',
    status: 429,
    error: 'There are too many requests from your address.',
    retryAfter: 1
  },
  tunnels: {
    code: 'too-many-tunnels',
    status: 429,
    error: 'There are too many chats from your address.',
    retryAfter: 10
  },
  fields: {
    code: 'too-many-fields',
    status: 431,
    error: 'The request has too many header fields.'
  },
  line: {
    code: 'line-full',
    status: 503,
    error: 'This server has as many viewers as its line can take.',
    retryAfter: 10
  },
  load: {
    code: 'overloaded',
    status: 503,
    error: 'This server has more to do than it can.',
    retryAfter: 5
  }
} as const satisfies Record<string, Refusal>

/** Somebody has met a limit: `times` since it was last told. */
export interface LimitMet {
  readonly limit: LimitName
  /** Of the last who met it, where there is one. */
  readonly address: string
  readonly times: number
}

/** Where it is told that limits are met: each at once and then no more than every 10 s, whatever a flood brings. */
export const limitMet = channel('owncast-edge:limit-met')
const toldEvery: Milliseconds = 10_000

/** How often each limit was met. */
export class LimitCounters {
  readonly met = Object.fromEntries(limitNames.map((name) => [name, 0])) as Record<LimitName, number>
  readonly #clock: Clock
  /** From a limit to when it was last told of, and how often it had been met by then. */
  readonly #told = new Map<LimitName, { at: Milliseconds; met: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  count(limit: LimitName, address: string): void {
    const met = ++this.met[limit]
    const now = this.#clock.now()
    const told = this.#told.get(limit)
    if (told !== undefined && Math.abs(now - told.at) < toldEvery) return
    this.#told.set(limit, { at: now, met })
    limitMet.publish({ limit, address, times: met - (told?.met ?? 0) } satisfies LimitMet)
  }
}
