import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Audience, Bytes, Cancel, Milliseconds, Timekeeper, Visitor } from '../../cache.ts'
import type { Trust } from '../client-address.ts'
import type { Asked } from '../counters.ts'
import { type Account, Accounts } from './accounts.ts'
import { Egress } from './egress.ts'
import { Entrance } from './entrance.ts'
import type { LimitSettings } from './limit-settings.ts'
import { Overload } from './overload.ts'
import { Pacing } from './pacing.ts'
import { ProxiedPeers } from './proxied-peers.ts'
import { Readers, takenBy } from './readers.ts'
import { LimitCounters, type Refusal, refusals } from './refusals.ts'

/** How often all connections are looked at, and after how many looks it is swept who is gone. */
const lookEvery: Milliseconds = 2000
const looksPerSweep = 5

/** What is shed last. */
const video: ReadonlySet<Asked> = new Set([
  'multivariant-playlist',
  'media-playlist',
  'segment',
  'repeating-media'
])

export interface LimitOptions {
  readonly settings: LimitSettings
  readonly clock: Timekeeper
  readonly trust: Trust
  /** Who is here already. */
  readonly audience: Audience
}

/** All connections of clients. */
export interface Watched {
  /** What connections that are closed have been sent. */
  readonly closedOut: Bytes
  /** Calls back with each that is open, and with whether something waits for it. */
  each(look: (socket: Socket, isBehind: boolean) => void): void
}

/** What clients may take, and what is shed when it is more than this process or its line can do. */
export class Limits {
  readonly counters: LimitCounters
  readonly overload: Overload
  readonly pacing: Pacing
  readonly entrance: Entrance
  readonly peers = new ProxiedPeers()
  readonly #clock: Timekeeper
  readonly #trust: Trust
  readonly #audience: Audience
  readonly #accounts: Accounts
  readonly #egress: Egress
  readonly #readers: Readers
  #settings: LimitSettings
  #looks = 0
  #lookedAt: Milliseconds = 0
  #cancel: Cancel = () => {}

  constructor({ settings, clock, trust, audience }: LimitOptions) {
    this.#settings = settings
    this.#clock = clock
    this.#trust = trust
    this.#audience = audience
    this.#accounts = new Accounts(trust.isTrusted)
    this.#egress = new Egress(settings.maxEgress)
    this.#readers = new Readers(settings.minReadRate)
    this.counters = new LimitCounters(clock)
    this.overload = new Overload(settings.maxLag)
    this.pacing = new Pacing(settings.maxRatePerConnection)
    this.entrance = new Entrance({
      proxyProtocol: settings.proxyProtocol,
      patience: settings.headTimeout,
      isTrusted: trust.isTrusted,
      peers: this.peers,
      most: () => this.#settings.maxConnections,
      admit: (address, socket) => this.#admit(address, socket),
      refused: (limit, address) => this.counters.count(limit, address)
    })
  }

  /** What the line carries to viewers, in bytes per second, as it was measured last. */
  get egress(): Bytes {
    return this.#egress.rate
  }

  /** Knows the connections of this server from their beginning. */
  join(server: Server): void {
    // Where it counts fields itself it drops what is beyond, or ends the connection, depending on its version.
    server.maxHeadersCount = 0
    server.prependListener('connection', (socket: Socket) => {
      this.peers.carryOver(socket)
      this.pacing.add(socket)
    })
  }

  /** From now on these hold, where a setting reloads. */
  replace(settings: LimitSettings): void {
    this.#settings = settings
    this.#egress.limit(settings.maxEgress)
    this.#readers.limit(settings.minReadRate)
    this.overload.limit(settings.maxLag)
  }

  /** Whether one more request of this visitor is answered; it counts as one. */
  admits(visitor: Visitor): boolean {
    const account = this.#accounts.ofVisitor(visitor)
    return (
      !account.isLimited || account.requests.take(this.#clock.now(), this.#settings.maxRequestsPerAddress)
    )
  }

  /** Why a request is not answered, or undefined; it counts as one. */
  refusal(request: IncomingMessage): Refusal | undefined {
    const visitor = this.#trust.visitorOf(request)
    if (hasTooManyFields(request)) return this.#refuse(refusals.fields, visitor)
    return this.admits(visitor) ? undefined : this.#refuse(refusals.requests, visitor)
  }

  /** Why a request for something of this kind may not go on to the origin, or undefined. */
  refusalAtOrigin(visitor: Visitor, asked: Asked): Refusal | undefined {
    if (!video.has(asked) && this.overload.sheds('pages')) return this.#refuse(refusals.load, visitor)
    const account = this.#accounts.ofVisitor(visitor)
    if (!account.isLimited) return undefined
    const { maxOriginRequestsPerAddress } = this.#settings
    if (account.originRequests.take(this.#clock.now(), maxOriginRequestsPerAddress)) return undefined
    return this.#refuse(refusals.originRequests, visitor)
  }

  /** Why somebody may not begin to watch, or undefined; never for those who do already. */
  refusalOfViewer(visitor: Visitor): Refusal | undefined {
    if (this.welcomes(visitor)) return undefined
    return this.#refuse(this.overload.sheds('viewers') ? refusals.load : refusals.line, visitor)
  }

  /** Whether this visitor may watch: who does already, and who else has room. */
  welcomes(visitor: Visitor): boolean {
    const isOverloaded = this.overload.sheds('viewers')
    if (!isOverloaded && this.#settings.maxEgress === Number.POSITIVE_INFINITY) return true
    return this.#audience.isHere(visitor) || (!isOverloaded && this.#egress.admits())
  }

  /** Why a chat may not be opened, or undefined; from then on it counts, until its connection is closed. */
  refusalOfTunnel(request: IncomingMessage): Refusal | undefined {
    const visitor = this.#trust.visitorOf(request)
    const refused = this.refusal(request) ?? this.refusalAtOrigin(visitor, 'other')
    if (refused !== undefined) return refused
    const account = this.#accounts.ofVisitor(visitor)
    if (!account.isLimited) return undefined
    if (account.tunnels >= this.#settings.maxTunnelsPerAddress) return this.#refuse(refusals.tunnels, visitor)
    hold(account, 'tunnels', request.socket)
    return undefined
  }

  /** Looks at all connections every now and then, from now on. */
  watch(connections: Watched): void {
    this.#lookedAt = this.#clock.now()
    this.#cancel = this.#clock.after(lookEvery, () => {
      this.#look(connections)
      this.watch(connections)
    })
  }

  close(): void {
    this.#cancel()
    this.overload.close()
  }

  #admit(address: string, socket: Socket): boolean {
    const account = this.#accounts.of(address)
    if (!account.isLimited) return true
    if (account.connections >= this.#settings.maxConnectionsPerAddress) return false
    hold(account, 'connections', socket)
    return true
  }

  #look(connections: Watched): void {
    const now = this.#clock.now()
    const passed = now - this.#lookedAt
    let sent = connections.closedOut
    connections.each((socket, isBehind) => {
      const taken = takenBy(socket)
      sent += taken
      if (this.#readers.isTooSlow(socket, taken, isBehind, passed)) this.#cutOff(socket)
    })
    this.#egress.measure(now, sent, this.#audience.count)
    if (++this.#looks % looksPerSweep === 0) this.#accounts.sweep(now)
  }

  #cutOff(socket: Socket): void {
    this.counters.count('too-slow', socket.remoteAddress ?? '')
    // A reset frees at once what the system holds for it, which may be megabytes; beneath TLS there is no way to it.
    if ('encrypted' in socket) socket.destroy()
    else socket.resetAndDestroy()
  }

  #refuse(refusal: Refusal, { address }: Visitor): Refusal {
    this.counters.count(refusal.code, address)
    return refusal
  }
}

/** More fields than any client sends. Over HTTP/2 fewer are allowed, and counted before a request is made of them. */
const mostFields = 1000

function hasTooManyFields({ httpVersionMajor, rawHeaders }: IncomingMessage): boolean {
  return httpVersionMajor === 1 && rawHeaders.length > 2 * mostFields
}

function hold(account: Account, what: 'connections' | 'tunnels', socket: Socket): void {
  account[what]++
  socket.on('close', () => account[what]--)
}
