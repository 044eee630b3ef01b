import type { Readings } from './admin/readings.ts'
import type { Clock } from './cache.ts'
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
    viewers: presence.viewership(),
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

/** Followed playlists that have been evicted are not served, and so not late. */
function playlistsOf({ keeper, clock }: Gauges): Readings['playlists'] {
  const now = clock.now()
  return keeper.live.followedPlaylists().flatMap(({ key, targetDuration, confirmedAt }) => {
    if (confirmedAt === undefined) return []
    return [{ variant: variantOf(key) ?? key, staleness: Math.max(0, now - confirmedAt), targetDuration }]
  })
}
