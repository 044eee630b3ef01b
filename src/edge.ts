import type { AddressInfo } from 'node:net'
import type { Readings } from './admin/readings.ts'
import { systemClock, type Timekeeper } from './cache.ts'
import { SettingError } from './config.ts'
import { httpsFrom } from './https.ts'
import { Keeper } from './keeper/keeper.ts'
import type { KeeperOptions } from './keeper/keeper-options.ts'
import { Origin } from './keeper/origin.ts'
import { OriginPings } from './keeper/origin-pings.ts'
import { Pinger } from './keeper/pinger.ts'
import { Presence } from './keeper/presence.ts'
import { Register } from './keeper/presence-register.ts'
import { Line } from './line.ts'
import type { Notice } from './log/chronicle.ts'
import { Oversight } from './oversight.ts'
import { Passage } from './passage.ts'
import { type Policy, route } from './policy.ts'
import { genericPolicy } from './policy-generic.ts'
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
  /** Calls back with what happens to the stream and its origin, in plain words. */
  follow(listener: (notice: Notice) => void): void
  /** Puts into force what can be changed without a restart. */
  reload(settings: Settings): void
  /** What /config answers: the settings in force, without secrets. */
  show(settings: object): void
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
  const policy = policyFor(settings, () => keeper)
  const keeper: Keeper = new Keeper({
    origin: new Origin(origin, { clock, connections: originConnections, connectTimeout }),
    clock,
    watchers: register,
    silence: originTimeout,
    outage: settings.outage,
    policy,
    ownAddress: settings.profile === 'generic' ? origin.origin : undefined,
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
    pinger:
      settings.tellViewers && settings.profile === 'owncast'
        ? pingerFor(origin, keeper, settings, clock)
        : undefined
  })
  const line = new Line([origin.host, ...(settings.storage === undefined ? [] : [settings.storage.host])])
  const app = await App.build({
    cache: keeper,
    shared: settings.profile === 'generic' ? keeper.shared : undefined,
    policy,
    audience: presence,
    clock,
    origin,
    requester: passage as never,
    trustProxy: settings.trustProxy,
    rules: settings,
    limits: settings,
    tls: https?.tls
  })
  const oversight = new Oversight({
    settings,
    origin,
    version,
    clock,
    keeper,
    presence,
    policy,
    line,
    app
  })
  const { admin } = oversight
  let { drainTimeout } = settings
  const close = async (): Promise<void> => {
    admin.announceDrain()
    https?.close()
    await app.drain(drainTimeout)
    await Promise.all([passage.close(), presence.close(), keeper.close(), oversight.close()])
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
      read: () => oversight.read(),
      follow: (listener) => oversight.follow(listener),
      reload: (next) => {
        drainTimeout = next.drainTimeout
        oversight.reload(next)
      },
      show: (shown) => oversight.show(shown),
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** What targets are at this origin; some of that the keeper learns as it goes. */
function policyFor({ profile, storage }: Settings, keeper: () => Keeper): Policy {
  const listings = (): Keeper['live']['listings'] => keeper().live.listings
  if (profile === 'generic')
    return genericPolicy({
      isListed: (target) => listings().isListed(target) || listings().isHinted(target),
      isGrowing: (target) => listings().isGrowing(target),
      isPlaylist: (target) => keeper().shared.isPlaylist(target)
    })
  return storage === undefined ? route : routeWithStorage(storage)
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
