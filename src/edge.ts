import type { AddressInfo } from 'node:net'
import { Admin } from './admin/admin.ts'
import type { Readings } from './admin/metrics.ts'
import { systemClock, type Timekeeper } from './cache.ts'
import { SettingError } from './config.ts'
import { httpsFrom } from './https.ts'
import { Keeper, type KeeperOptions } from './keeper/keeper.ts'
import { Origin } from './keeper/origin.ts'
import { OriginPings } from './keeper/origin-pings.ts'
import { Pinger } from './keeper/pinger.ts'
import { Presence } from './keeper/presence.ts'
import { Register } from './keeper/presence-register.ts'
import { Passage } from './passage.ts'
import { route } from './policy.ts'
import { routeWithStorage, storagePrefix } from './policy-storage.ts'
import { App } from './server/app.ts'
import type { Settings } from './settings.ts'

/** An edge that answers, and where. */
export interface Edge {
  /** Where viewers go, such as http://127.0.0.1:8080 or https://localhost:443 */
  readonly address: string
  /** The port that leads there, where there is TLS. */
  readonly plainAddress: string | undefined
  readonly adminAddress: string
  read(): Readings
  /** Stops accepting, finishes what is being sent, closes tunnels last. */
  close(): Promise<void>
}

const bypassConnections = 256
/** A ping that takes longer is given up; the next tells as much. */
const pingSilence = 5000

/** Builds keeper, server and admin listener from the settings and opens them in that order. */
export async function startEdge(
  settings: Settings,
  origin: URL,
  version: string,
  clock: Timekeeper = systemClock
): Promise<Edge> {
  const { connectTimeout, originTimeout, originConnections, cacheSize, maxObjectSize } = settings
  const https = httpsFrom(settings, clock)
  const register = new Register(clock)
  const policy = settings.storage === undefined ? route : routeWithStorage(settings.storage)
  const keeper = new Keeper({
    origin: new Origin(origin, { clock, connections: originConnections, connectTimeout }),
    clock,
    watchers: register,
    silence: originTimeout,
    outage: settings.outage,
    policy,
    storage: storageOf(settings, clock),
    cacheSize,
    maxObjectSize
  })
  const passage = new Passage(origin, {
    connections: bypassConnections,
    connectTimeout,
    answerTimeout: 4 * originTimeout,
    isDown: () => keeper.isOriginDown
  })
  const presence = new Presence({
    register,
    clock,
    cache: keeper,
    pinger: settings.tellViewers ? pingerFor(origin, keeper, settings, clock) : undefined
  })
  const app = await App.build({
    cache: keeper,
    policy,
    audience: presence,
    clock,
    origin,
    requester: passage as never,
    trustProxy: settings.trustProxy,
    rules: settings,
    tls: https?.tls
  })
  const read = (): Readings => readingsOf(keeper, app, presence)
  const admin = new Admin({ version, read })
  const close = async (): Promise<void> => {
    admin.announceDrain()
    https?.close()
    await app.drain(settings.drainTimeout)
    await Promise.all([passage.close(), presence.close(), keeper.close(), admin.close()])
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
    const plain = await openPlain(app, settings)
    https?.begin()
    return {
      address: addressOf(viewers, https === undefined ? 'http' : 'https'),
      plainAddress: plain && addressOf(plain, 'http'),
      adminAddress: addressOf(operators, 'http'),
      read,
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The bucket that Owncast keeps its media in, with connections of its own. */
function storageOf(
  { storage, originConnections, connectTimeout }: Settings,
  clock: Timekeeper
): KeeperOptions['storage'] {
  if (storage === undefined) return undefined
  const origin = new Origin(storage, { clock, connections: originConnections, connectTimeout })
  return { url: storage.href, prefix: storagePrefix, origin }
}

/** Opens the port beside that of TLS, where one is wanted. */
async function openPlain(app: App, { host, httpPort }: Settings): Promise<AddressInfo | undefined> {
  if (httpPort === undefined) return undefined
  return listening('--http-port', host, httpPort, app.listenPlain(host, httpPort))
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
function addressOf({ address, port, family }: AddressInfo, scheme: 'http' | 'https'): string {
  if (address === '::' || address === '0.0.0.0') return `${scheme}://localhost:${port}`
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function pingerFor(url: URL, keeper: Keeper, { connectTimeout }: Settings, clock: Timekeeper): Pinger {
  const line = new OriginPings(url, { connectTimeout, silence: pingSilence })
  return new Pinger({ line, clock, isDown: () => keeper.isOriginDown })
}

function readingsOf(keeper: Keeper, { desk, connections }: App, presence: Presence): Readings {
  const { counters } = desk
  return {
    viewers: presence.viewership(),
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
    originIsDown: keeper.isOriginDown,
    fills: keeper.fills,
    fillsBroken: keeper.counters.fillsBroken,
    askedAgain: keeper.counters.askedAgain,
    fillsResumed: keeper.counters.fillsResumed
  }
}
