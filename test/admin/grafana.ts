import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { LoopLag } from '../../src/admin/loop-lag.ts'
import { metrics } from '../../src/admin/metric-table.ts'
import { Metrics } from '../../src/admin/metrics.ts'
import type { Readings } from '../../src/admin/readings.ts'

interface Board {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[]
}

const board = JSON.parse(
  readFileSync(new URL('../../deploy/grafana/owncast-edge.json', import.meta.url), 'utf8')
) as Board

/** An edge at its start. */
const nothing = {
  requests: {},
  originRequests: {},
  originFailures: {},
  limitsMet: {},
  playlists: [],
  viewers: { total: 0, variants: {}, isOnline: false, pings: {} },
  ...Object.fromEntries(
    ['bytesOut', 'bytesIn', 'lineReceived', 'lineSent', 'originBytes', 'fills', 'fillsResumed', 'fillsBroken']
      .concat(['askedAgain', 'storedBytes', 'storedResponses', 'heldBytes', 'cacheSize', 'evictions'])
      .concat(['connections', 'tunnels', 'tunnelsOpened', 'accessLinesDropped'])
      .map((name) => [name, 0])
  )
} as unknown as Readings

/** What a board can do without: it follows from others, or is for alerts. */
const secondary = new Set(
  [
    ...['received_bytes_total', 'saved_ratio', 'origin_received_bytes_total', 'stored_responses'],
    ...['tunnels_opened_total', 'access_log_dropped_total', 'certificate_expiry_timestamp_seconds'],
    ...['limits_met_total']
  ].map((name) => `owncast_edge_${name}`)
)

test('the Grafana board shows nothing that is not there, and leaves out nothing of weight', async (t) => {
  const lag = new LoopLag()
  t.teardown(() => lag.close())
  const known = await new Metrics({ version: '0', read: () => nothing, lag }).text()
  const expressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
  const shown = new Set(expressions.match(/\b(owncast_edge|process)_\w+/g))
  t.ok(shown.size > 20)
  for (const name of shown) t.match(known, new RegExp(`^# TYPE ${name.replace(/_bucket$/, '')} `, 'm'), name)
  const left = metrics.map(({ name }) => name).filter((name) => !shown.has(name) && !secondary.has(name))
  t.same(left, [])
})
