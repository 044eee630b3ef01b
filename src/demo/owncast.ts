import { createServer, type Server } from 'node:http'
import { type Bytes, type Clock, type Milliseconds, systemClock } from '../cache.ts'
import { type Assets, readAssets } from './assets.ts'
import { Channel } from './channel.ts'
import { Chat } from './chat.ts'
import { readClip, type Variant } from './clip.ts'
import { ClipFiles } from './clip-files.ts'
import { Exchange, type Routes } from './exchange.ts'
import { Faults } from './faults.ts'
import { Federation } from './federation.ts'
import { FolderFiles } from './folder-files.ts'
import { Listener } from './listener.ts'
import { Pages } from './pages.ts'
import type { Received } from './received.ts'
import { RequestLog } from './request-log.ts'
import { createRoutes } from './routes.ts'
import { LATENCY_LEVELS, type LatencyLevel } from './stream.ts'
import { Upgrades } from './upgrades.ts'
import { Uplink } from './uplink.ts'
import { type Viewer, Viewers } from './viewers.ts'

export interface OwncastOptions {
  /** 127.0.0.1 */
  readonly host?: string
  /** 0: any that is free */
  readonly port?: number
  /** Segment length and list size: 2. */
  readonly latencyLevel?: LatencyLevel
  /** The committed clip in a loop, or a folder that FFmpeg is writing live HLS into. */
  readonly source?: { readonly kind: 'clip' } | { readonly kind: 'folder'; readonly path: string }
  /** Whether it goes live at its start: true. */
  readonly live?: boolean
  readonly clock?: Clock
  /** How many segments of a variant each cleanup (once a minute) leaves: list size + 10. */
  readonly keepSegments?: number
  /** Bits per second that all responses share, 0 for no limit. */
  readonly uplink?: number
  /** Pads every segment with null packets to about this size; 0 for not at all. */
  readonly segmentBytes?: Bytes
  /** How long playlists are 404 after going live: one segment. With 0 a whole window exists at once. */
  readonly startupGap?: Milliseconds
  /** How long everything is 404 before the offline clip is there, at boot and after a wipe: 0. */
  readonly offlineGap?: Milliseconds
  /** From going live until /api/status says so: three segments, at least 7 s. */
  readonly onlineDelay?: Milliseconds
  /** Put before the variants of the multivariant playlist, such as `https://edge.example`. */
  readonly servingEndpoint?: string
  /** How often chat pings its clients: 54 s. */
  readonly chatPing?: Milliseconds
}

/** Starts a stand-in for an Owncast server. Rejects when the port is taken or the clip cannot be read. */
export async function startOwncast(options: OwncastOptions = {}): Promise<Owncast> {
  const [variants, assets] = await Promise.all([readClip(), readAssets()])
  const owncast = new Owncast(options, variants, assets)
  await owncast.faults.accept()
  return owncast
}

/** An imitation of an Owncast server on the wire (0.1.3), for a first run, for tests and for benchmarks. */
export class Owncast {
  /** Every request seen, upgrades too. */
  readonly requests = new RequestLog()
  readonly faults: Faults
  /** The line that all responses share; its rate may be changed at any time. */
  readonly uplink: Uplink
  readonly #listener: Listener
  readonly #channel: Channel
  readonly #viewers: Viewers
  readonly #chat: Chat
  readonly #federation = new Federation()

  constructor(options: OwncastOptions, variants: readonly Variant[], assets: Assets) {
    const clock = options.clock ?? systemClock
    const server = createHttpServer()
    this.#listener = new Listener(server, options.host ?? '127.0.0.1', options.port ?? 0)
    this.faults = new Faults(this.#listener)
    this.uplink = new Uplink(options.uplink ?? 0)
    this.#channel = createChannel(options, clock)
    this.#viewers = new Viewers(this.#channel, clock)
    this.#chat = new Chat({ channel: this.#channel, clock, pingEvery: options.chatPing ?? 54_000 })
    this.#connect(server, this.#createRoutes(options, clock, variants, assets), clock)
    if (options.live ?? true) this.goLive()
  }

  /** `http://127.0.0.1:8080` */
  get address(): string {
    return this.#listener.address
  }

  /** A broadcaster connects: everything is wiped, and a stream with a new id begins at media sequence 0. */
  goLive(): void {
    this.#channel.connect()
  }

  /** The broadcaster leaves: the offline clip is appended to the playlists. */
  goOffline(): void {
    this.#channel.disconnect()
  }

  /** The broadcaster leaves and comes back. */
  restart(): void {
    this.goOffline()
    this.goLive()
  }

  /** What happens by itself five minutes after the end: only the offline clip is left. */
  wipe(): void {
    this.#channel.wipe()
  }

  /** Who is counted at this moment. */
  viewers(): readonly Viewer[] {
    return this.#viewers.list()
  }

  /** Keeps an address out of chat. */
  ban(ip: string): void {
    this.#chat.banned.add(ip)
  }

  disableChat(): void {
    this.#chat.isDisabled = true
  }

  enableChat(): void {
    this.#chat.isDisabled = false
  }

  /** Who is connected to chat, as /api/admin/chat/clients says it. */
  chatClients(): ReturnType<Chat['clients']> {
    return this.#chat.clients()
  }

  /** What was posted to an ActivityPub inbox, to the byte. */
  get inbox(): readonly Received[] {
    return this.#federation.inbox
  }

  /** How many connections are open now. */
  get connections(): number {
    return this.#listener.connections
  }

  async close(): Promise<void> {
    this.faults.clear()
    this.#chat.close()
    await this.#listener.close()
  }

  #createRoutes(options: OwncastOptions, clock: Clock, variants: readonly Variant[], assets: Assets): Routes {
    const { segmentBytes = 0, servingEndpoint: endpoint = '', source } = options
    const shared = {
      channel: this.#channel,
      viewers: this.#viewers,
      chat: this.#chat,
      clock,
      variants,
      assets
    }
    const clip = new ClipFiles({ ...shared, segmentBytes, endpoint })
    const offline = variants[0]!.offline.length
    const files =
      source?.kind === 'folder' ? new FolderFiles(source.path, this.#channel, clip, offline) : clip
    const pages = new Pages(shared)
    return createRoutes({ ...shared, files, pages, federation: this.#federation, startedAt: clock.now() })
  }

  #connect(server: Server, routes: Routes, clock: Clock): void {
    const { faults, requests, uplink } = this
    const exchange = new Exchange({ routes, clock, faults, requests, uplink })
    const upgrades = new Upgrades({ chat: this.#chat, clock, faults, requests })
    server.on('request', (request, response) => {
      exchange.serve(request, response).catch((error: Error) => response.destroy(error))
    })
    server.on('upgrade', (request, socket, head) => {
      upgrades.serve(request, socket, head).catch((error: Error) => socket.destroy(error))
    })
  }
}

function createHttpServer(): Server {
  // router/router.go: ReadHeaderTimeout is 4 s, and no other timeout is set.
  return createServer({ headersTimeout: 4_000, requestTimeout: 0, keepAliveTimeout: 0, noDelay: true })
}

function createChannel(options: OwncastOptions, clock: Clock): Channel {
  const level = options.latencyLevel ?? 2
  const { segment, listSize } = LATENCY_LEVELS[level]!
  return new Channel({
    clock,
    level,
    startupGap: options.startupGap ?? segment,
    offlineGap: options.offlineGap ?? 0,
    onlineDelay: options.onlineDelay ?? Math.max(3 * segment, 7_000),
    keep: options.keepSegments ?? listSize + 10
  })
}
