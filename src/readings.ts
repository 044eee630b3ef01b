import type { PlaylistReading, Readings } from './admin/readings.ts'
import type { Clock, Viewership } from './cache.ts'
import type { Keeper } from './keeper/keeper.ts'
import type { Presence } from './keeper/presence.ts'
import type { Line } from './line.ts'
import { variantOf } from './policy.ts'
import type { App } from './server/app.ts'
import type { Variants } from './variants.ts'

/** Where the numbers are. */
export interface Gauges {
  readonly keeper: Keeper
  readonly app: App
  readonly presence: Presence
  readonly line: Line
  readonly variants: Variants
  readonly clock: Clock
  readonly accessLinesDropped: () => number
}

/** All numbers of the edge as they are now. */
export function readingsOf(gauges: Gauges): Readings {
  const { keeper, app, presence, line, variants } = gauges
  const { desk, connections } = app
  const { counters, store } = keeper
  return {
    answers: desk.counters.answers,
    requests: desk.counters.requests,
    originRequests: counters.originRequests,
    originFailures: counters.failures,
    originIsDown: keeper.isOriginDown,
    originVersion: keeper.versions.version,
    originBytes: counters.originBytes,
    lineReceived: line.received,
    lineSent: line.sent,
    bytesOut: connections.bytesOut,
    bytesIn: connections.bytesIn,
    connections: connections.open,
    tunnels: desk.counters.tunnels,
    tunnelsOpened: desk.counters.tunnelsOpened,
    storedBytes: store.bytes,
    storedResponses: store.count,
    heldBytes: keeper.pool.held,
    cacheSize: store.size,
    evictions: store.evictions,
    viewers: withoutQueries(presence.viewership()),
    variants: variants.names(),
    playlists: playlistsOf(gauges),
    fills: keeper.fills,
    fillsBroken: counters.fillsBroken,
    askedAgain: counters.askedAgain,
    fillsResumed: counters.fillsResumed,
    limitsMet: desk.limits.counters.met,
    accessLinesDropped: gauges.accessLinesDropped(),
    certificateUntil: app.certificateUntil
  }
}

/** Other servers' variants are told by path; what stands behind it may be a token, and differ from viewer to viewer. */
function withoutQueries(viewership: Viewership): Viewership {
  const variants: Record<string, number> = {}
  for (const [variant, count] of Object.entries(viewership.variants)) {
    const path = pathOf(variant)
    variants[path] = (variants[path] ?? 0) + count
  }
  return { ...viewership, variants }
}

function pathOf(key: string): string {
  return key.split('?', 1)[0] ?? ''
}

/**
 * Followed playlists that have been evicted are not served, and so not late. One that is followed under several queries,
 * which may be tokens, is told of once and without them: as the oldest of what is served of it.
 */
function playlistsOf({ keeper, clock }: Gauges): Readings['playlists'] {
  const now = clock.now()
  /** From variant to the oldest of it. */
  const oldest = new Map<string, PlaylistReading>()
  for (const { key, targetDuration, confirmedAt } of keeper.live.followedPlaylists()) {
    if (confirmedAt === undefined) continue
    const path = pathOf(key)
    const variant = variantOf(path) ?? path
    const staleness = Math.max(0, now - confirmedAt)
    if (staleness >= (oldest.get(variant)?.staleness ?? 0))
      oldest.set(variant, { variant, staleness, targetDuration })
  }
  return [...oldest.values()]
}
