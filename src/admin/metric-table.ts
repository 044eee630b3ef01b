import type { Readings } from './readings.ts'

/** One value with the labels that tell it from the others of its name. */
export interface Labelled {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** One line of the table. Names and units as Prometheus wants them: counters end in _total, times are seconds. */
export interface Metric {
  readonly type: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly read: (readings: Readings) => readonly Labelled[]
}

const single =
  (type: Metric['type']) =>
  (name: string, help: string, read: (readings: Readings) => number): Metric => ({
    type,
    name: `owncast_edge_${name}`,
    help,
    labels: [],
    read: (readings) => [{ labels: {}, value: read(readings) }]
  })

const counter = single('counter')
const gauge = single('gauge')

/** Numbers by name become one value per name. */
function by(label: string, values: Readonly<Record<string, number | undefined>>): Labelled[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value: value ?? 0 }))
}

function requests({ requests }: Readings): Labelled[] {
  return Object.entries(requests).flatMap(([kind, answers]) =>
    Object.entries(answers).map(([answer, value]) => ({ labels: { kind, answer }, value }))
  )
}

/** Whoever only pings, or has only asked for the multivariant playlist yet, watches variant `none`. */
function viewers({ viewers: { total, variants } }: Readings): Labelled[] {
  const counted = Object.values(variants).reduce((sum, count) => sum + count, 0)
  return by('variant', { ...variants, none: total - counted })
}

/** The part of what viewers got that did not have to come over the home line. */
export function savedRatio({ bytesOut, lineReceived }: Readings): number {
  return bytesOut === 0 ? 0 : Math.max(0, 1 - lineReceived / bytesOut)
}

/** What is read when somebody scrapes; histograms and the process's own figures are in metrics.ts. */
export const metrics: readonly Metric[] = [
  {
    type: 'counter',
    name: 'owncast_edge_requests_total',
    help: 'Requests of clients, by what was asked for and how it was answered',
    labels: ['kind', 'answer'],
    read: requests
  },
  counter('sent_bytes_total', 'Bytes sent to clients, heads and tunnels included', (r) => r.bytesOut),
  counter('received_bytes_total', 'Bytes received from clients', (r) => r.bytesIn),
  counter(
    'line_received_bytes_total',
    'Bytes received on all connections to the origin: what the home line sends',
    (r) => r.lineReceived
  ),
  counter('line_sent_bytes_total', 'Bytes sent on all connections to the origin', (r) => r.lineSent),
  gauge('saved_ratio', 'Share of the bytes sent to clients that did not come from the origin', savedRatio),
  {
    type: 'counter',
    name: 'owncast_edge_origin_requests_total',
    help: 'Requests to the origin for what may be stored, by kind',
    labels: ['kind'],
    read: (r) => by('kind', r.originRequests)
  },
  {
    type: 'counter',
    name: 'owncast_edge_origin_failures_total',
    help: 'Fetches that failed, by reason',
    labels: ['reason'],
    read: (r) => by('reason', r.originFailures)
  },
  counter(
    'origin_received_bytes_total',
    'Bytes of bodies that came from the origin for the cache',
    (r) => r.originBytes
  ),
  gauge('origin_up', 'Whether the origin answers', (r) => (r.originIsDown ? 0 : 1)),
  gauge('stream_online', 'Whether the stream is known to be online', (r) => (r.viewers.isOnline ? 1 : 0)),
  {
    type: 'gauge',
    name: 'owncast_edge_viewers',
    help: 'Viewers who are watching here now, by variant',
    labels: ['variant'],
    read: viewers
  },
  {
    type: 'counter',
    name: 'owncast_edge_pings_total',
    help: 'Pings to tell Owncast of viewers, by what became of them',
    labels: ['result'],
    read: (r) => by('result', r.viewers.pings)
  },
  {
    type: 'gauge',
    name: 'owncast_edge_playlist_staleness_seconds',
    help: 'How long ago the origin confirmed the followed playlist that is served, by variant',
    labels: ['variant'],
    read: ({ playlists }) =>
      playlists.map(({ variant, staleness }) => ({ labels: { variant }, value: staleness / 1000 }))
  },
  {
    type: 'gauge',
    name: 'owncast_edge_playlist_target_duration_seconds',
    help: 'The longest a segment of the followed playlist is, by variant',
    labels: ['variant'],
    read: ({ playlists }) =>
      playlists.map(({ variant, targetDuration }) => ({ labels: { variant }, value: targetDuration / 1000 }))
  },
  gauge('fills', 'Fetches under way', (r) => r.fills),
  counter(
    'fills_resumed_total',
    'Bodies that broke off and were fetched on from there',
    (r) => r.fillsResumed
  ),
  counter('fills_broken_total', 'Bodies that broke off while they were being sent', (r) => r.fillsBroken),
  counter(
    'asked_again_total',
    'Half-written or not yet written files that were asked for again',
    (r) => r.askedAgain
  ),
  gauge('stored_bytes', 'Bytes that stored responses take', (r) => r.storedBytes),
  gauge('stored_responses', 'Stored responses', (r) => r.storedResponses),
  gauge('held_bytes', 'Bytes of all bodies: stored, arriving and being sent', (r) => r.heldBytes),
  gauge('cache_size_bytes', 'Bytes that all bodies may take', (r) => r.cacheSize),
  counter('evictions_total', 'Stored responses dropped to make room', (r) => r.evictions),
  gauge('connections', 'Connections of clients', (r) => r.connections),
  gauge('tunnels', 'Chat tunnels that are open', (r) => r.tunnels),
  counter('tunnels_opened_total', 'Chat tunnels that were opened', (r) => r.tunnelsOpened),
  {
    type: 'counter',
    name: 'owncast_edge_limits_met_total',
    help: 'Connections and requests that were refused or ended because of a limit, by which',
    labels: ['limit'],
    read: (r) => by('limit', r.limitsMet)
  },
  counter(
    'access_log_dropped_total',
    'Lines of the access log that could not be written',
    (r) => r.accessLinesDropped
  ),
  {
    type: 'gauge',
    name: 'owncast_edge_certificate_expiry_timestamp_seconds',
    help: 'When the first certificate that is shown ends to be valid, since the epoch',
    labels: [],
    read: ({ certificateUntil: until }) => (until === undefined ? [] : [{ labels: {}, value: until / 1000 }])
  }
]
