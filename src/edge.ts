import type { AddressInfo } from 'node:net'
import { Admin } from './admin/admin.ts'
import type { Readings } from './admin/metrics.ts'
import { type Cache, systemClock, type Timekeeper } from './cache.ts'
import { SettingError, type Settings } from './config.ts'
import { Keeper } from './keeper/keeper.ts'
import { Origin } from './keeper/origin.ts'
import { Passage } from './passage.ts'
import { App } from './server/app.ts'

/** An edge that answers, and where. */
export interface Edge {
  /** Where viewers go, such as http://127.0.0.1:8080 */
  readonly address: string
  readonly adminAddress: string
  read(): Readings
  /** Stops accepting, finishes what is being sent, closes tunnels last. */
  close(): Promise<void>
}

const bypassConnections = 256

/** Builds keeper, server and admin listener from the settings and opens them in that order. */
export async function startEdge(
  settings: Settings,
  origin: URL,
  version: string,
  clock: Timekeeper = systemClock
): Promise<Edge> {
  const { connectTimeout, originTimeout, originConnections, cacheSize, maxObjectSize } = settings
  const seen = new Map<string, number>()
  const watchers = {
    watcherOf: (key: string) => (seen.has(key) ? { address: '127.0.0.1', userAgent: 'interim' } : undefined),
    lastSeenAt: (key: string) => seen.get(key) ?? 0
  }
  const keeper = new Keeper({
    origin: new Origin(origin, { clock, connections: originConnections, connectTimeout }),
    clock,
    watchers,
    silence: originTimeout,
    outage: settings.outage,
    cacheSize,
    maxObjectSize
  })
  const passage = new Passage(origin, {
    connections: bypassConnections,
    connectTimeout,
    answerTimeout: 4 * originTimeout
  })
  const interim: Cache = {
    lookup: (key) => {
      seen.set(key, clock.now())
      return keeper.lookup(key)
    },
    fetch: (wanted, visitor) => keeper.fetch(wanted, visitor),
    change: (key, most) => {
      seen.set(key, clock.now())
      return keeper.change(key, most)
    }
  }
  const app = await App.build({
    cache: interim,
    clock,
    origin,
    requester: passage as never,
    trustProxy: settings.trustProxy
  })
  const read = (): Readings => readingsOf(keeper, app)
  const admin = new Admin({ version, read })
  const close = async (): Promise<void> => {
    admin.announceDrain()
    await app.drain(settings.drainTimeout)
    await Promise.all([passage.close(), keeper.close(), admin.close()])
  }
  try {
    const viewers = await listening(
      '--host/--port',
      settings.host,
      settings.port,
      app.listen(settings.host, settings.port)
    )
    const operators = await listening(
      '--admin-host/--admin-port',
      settings.adminHost,
      settings.adminPort,
      admin.listen(settings.adminHost, settings.adminPort)
    )
    return { address: addressOf(viewers), adminAddress: addressOf(operators), read, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function listening(
  setting: string,
  host: string,
  port: number,
  opened: Promise<AddressInfo>
): Promise<AddressInfo> {
  try {
    return await opened
  } catch (error) {
    throw new SettingError(
      `${setting}: cannot listen on ${host} port ${port}: ${reasonOf(error as NodeJS.ErrnoException)}`
    )
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another program uses it already'
    case 'EACCES':
      return 'the system does not allow it (ports below 1024 need a privilege)'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    default:
      return error.message
  }
}

/** The address as one would open it on this machine. */
function addressOf({ address, port, family }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return `http://localhost:${port}`
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function readingsOf(keeper: Keeper, { counters, connections }: App): Readings {
  return {
    answers: counters.answers,
    originRequests: keeper.counters.originRequests,
    originFailures: keeper.counters.failures,
    originBytes: keeper.counters.originBytes,
    bytesOut: connections.bytesOut,
    bytesIn: connections.bytesIn,
    connections: connections.open,
    tunnels: counters.tunnels,
    tunnelsOpened: counters.tunnelsOpened,
    storedBytes: keeper.store.bytes,
    storedResponses: keeper.store.count,
    heldBytes: keeper.pool.held,
    evictions: keeper.store.evictions,
    fills: keeper.fills,
    fillsBroken: keeper.counters.fillsBroken,
    askedAgain: keeper.counters.askedAgain,
    fillsResumed: keeper.counters.fillsResumed
  }
}
