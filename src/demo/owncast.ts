import { createServer, type Server } from 'node:http'
import type { Bytes, Clock, Milliseconds } from '../cache.ts'
import { Channel } from './channel.ts'
import { readClip } from './clip.ts'
import { ClipFiles } from './clip-files.ts'
import { Exchange } from './exchange.ts'
import { Faults } from './faults.ts'
import { FolderFiles } from './folder-files.ts'
import { Listener } from './listener.ts'
import { RequestLog } from './request-log.ts'
import { createRoutes } from './routes.ts'
import { LATENCY_LEVELS, type LatencyLevel } from './stream.ts'
import { Uplink } from './uplink.ts'
import { type Viewer, Viewers } from './viewers.ts'

export interface OwncastOptions {
  /** 127.0.0.1 */
  readonly host?: string
  /** 0: any that is free */
  readonly port?: number
  /** Segment length and list size, 2 by default, from the next stream on. */
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
}

/** Starts a stand-in for an Owncast server. Rejects when the port is taken or the clip cannot be read. */
export async function startOwncast(options: OwncastOptions = {}): Promise<Owncast> {
  const owncast = new Owncast(options, await readClip())
  await owncast.faults.accept()
  return owncast
}

/** An imitation of an Owncast server on the wire (0.1.3), for a first run, for tests and for benchmarks. */
export class Owncast {
  readonly requests = new RequestLog()
  readonly faults: Faults
  /** The line that all responses share; its rate may be changed at any time. */
  readonly uplink: Uplink
  readonly #listener: Listener
  readonly #channel: Channel
  readonly #viewers: Viewers

  constructor(options: OwncastOptions, variants: Awaited<ReturnType<typeof readClip>>) {
    const clock = options.clock ?? { now: () => Date.now() }
    const server = createHttpServer()
    this.#listener = new Listener(server, options.host ?? '127.0.0.1', options.port ?? 0)
    this.faults = new Faults(this.#listener)
    this.uplink = new Uplink(options.uplink ?? 0)
    this.#channel = createChannel(options, clock)
    this.#viewers = new Viewers(this.#channel, clock)
    const { segmentBytes = 0, servingEndpoint: endpoint = '', source, live = true } = options
    const clip = new ClipFiles({ channel: this.#channel, clock, variants, segmentBytes, endpoint })
    const files = source?.kind === 'folder' ? new FolderFiles(source.path, this.#channel, clip) : clip
    const routes = createRoutes({ files, viewers: this.#viewers, channel: this.#channel, clock })
    const { faults, requests, uplink } = this
    const exchange = new Exchange({ routes, clock, faults, requests, uplink })
    server.on('request', (request, response) => {
      exchange.serve(request, response).catch((error: Error) => response.destroy(error))
    })
    if (live) this.goLive()
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

  async close(): Promise<void> {
    this.faults.clear()
    await this.#listener.close()
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
