import { request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Cancel, Milliseconds, Timekeeper } from '../cache.ts'
import { type LineOpened, lineOpened } from '../line.ts'
import type { Desk } from './app.ts'
import { forwardedFields, hasManyHosts } from './bypass.ts'
import type { Answer } from './counters.ts'
import { answerInPlace, fieldLines, hangUp, refuse, relay } from './no-tunnel.ts'
import { isWebSocket } from './websocket.ts'

/** Owncast pings each chat socket every 54 s (owncast.md §5): a tunnel silent for longer than this is dead. */
const idleLimit: Milliseconds = 120_000
const usualHandshakeLimit: Milliseconds = 15_000

export interface TunnelOptions {
  readonly origin: URL
  readonly desk: Desk
  readonly clock: Timekeeper
  readonly idleLimit?: Milliseconds
  /** How long the origin may take to answer a handshake. */
  readonly handshakeLimit?: Milliseconds
}

/**
 * Carries chat: sends the client's own handshake to the origin, relays the origin's own answer, and after a 101 passes raw
 * bytes both ways. Only WebSockets: any other upgrade would open a way past the edge's rules (an h2c tunnel, say).
 */
export class Tunnels {
  readonly #options: TunnelOptions
  /** Sockets of clients whose tunnel is open. */
  readonly #open = new Set<Duplex>()

  constructor(options: TunnelOptions) {
    this.#options = options
  }

  /** Takes over the upgrades of a server. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      if (isWebSocket(request)) this.#admit(request, socket, head)
      else answerInPlace(server, request, socket, head)
    })
  }

  /** Ends every tunnel; clients reconnect by themselves. */
  close(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #admit(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const end = this.#noted(request, client)
    const { rules, limits } = this.#options.desk
    const refused = rules.refusal(request.headers.host, request.url ?? '/') ?? limits.refusalOfTunnel(request)
    const status = hasManyHosts(request) ? 400 : refused?.status
    if (status === undefined) return this.#carry(request, client, head, end)
    end(status, 'refused')
    refuse(client, status)
  }

  #carry(request: IncomingMessage, client: Duplex, head: Buffer, end: End): void {
    const { origin, desk, handshakeLimit: timeout = usualHandshakeLimit } = this.#options
    const fields = [...forwardedFields(request, desk.trust), 'Connection', 'Upgrade', 'Upgrade', 'websocket']
    const send = origin.protocol === 'https:' ? httpsRequest : httpRequest
    const handshake = send(origin, {
      method: 'GET',
      path: request.url,
      headers: fields,
      setHost: false,
      agent: false,
      timeout
    } as Parameters<typeof httpRequest>[1])
    const leave = (): void => void handshake.destroy()
    client.once('close', leave)
    handshake.once('upgrade', (answer, upstream, first) => {
      client.off('close', leave)
      end(101, 'tunnel')
      this.#join(client, upstream, rawHead(answer), head, first)
    })
    handshake.once('response', (answer) => {
      end(answer.statusCode ?? 502, 'bypass')
      relay(request, answer, client)
    })
    handshake.once('timeout', () => handshake.destroy(new Error('timeout')))
    handshake.once('error', (error) => {
      const status = error.message === 'timeout' ? 504 : 502
      end(status, 'failed')
      refuse(client, status)
    })
    handshake.end()
  }

  /** Counts how the handshake ended, and tells the access log when the connection has. */
  #noted(request: IncomingMessage, client: Duplex): End {
    const { desk, clock } = this.#options
    const at = clock.now()
    const startedAt = performance.now()
    const address = desk.access.log === undefined ? '' : desk.trust.addressOf(request)
    let [status, outcome]: [number, Answer] = [499, 'failed']
    client.once('close', () => {
      desk.access.log?.ended({
        at,
        took: performance.now() - startedAt,
        address,
        method: request.method ?? '',
        target: request.url ?? '',
        protocol: `HTTP/${request.httpVersion}`,
        status,
        bytes: (client as Socket).bytesWritten,
        outcome,
        isComplete: true,
        referer: request.headers.referer,
        userAgent: request.headers['user-agent']
      })
    })
    return (answered, how) => {
      status = answered
      outcome = how
      desk.counters.requests.other[how]++
    }
  }

  #join(client: Duplex, upstream: Duplex, answer: string, fromClient: Buffer, fromOrigin: Buffer): void {
    const { counters } = this.#options.desk
    this.#open.add(client)
    lineOpened.publish({
      connectParams: { host: this.#options.origin.host },
      socket: upstream as Socket
    } satisfies LineOpened)
    counters.tunnels++
    counters.tunnelsOpened++
    client.write(answer, 'latin1')
    if (fromOrigin.length > 0) client.write(fromOrigin)
    if (fromClient.length > 0) upstream.write(fromClient)
    const unwatch = this.#watchIdle(client, upstream)
    upstream.on('error', () => client.destroy())
    client.once('close', () => {
      unwatch()
      this.#open.delete(client)
      counters.tunnels--
      part(client, upstream)
    })
    upstream.once('close', () => part(upstream, client))
    for (const socket of [client, upstream]) keepAlive(socket)
    client.pipe(upstream)
    upstream.pipe(client)
  }

  /** Ends a tunnel in which neither side has said anything for the limit. A word costs a look at the clock, not a timer. */
  #watchIdle(client: Duplex, upstream: Duplex): Cancel {
    const { clock, idleLimit: limit = idleLimit } = this.#options
    let heardAt = clock.now()
    const heard = (): void => {
      heardAt = clock.now()
    }
    const look = (): Cancel =>
      clock.after(heardAt + limit - clock.now(), () => {
        if (clock.now() - heardAt >= limit) client.destroy()
        else cancel = look()
      })
    let cancel = look()
    client.on('data', heard)
    upstream.on('data', heard)
    return () => cancel()
  }
}

/** Says how a handshake was answered. */
type End = (status: number, how: Answer) => void

function keepAlive(socket: Duplex): void {
  if ('setKeepAlive' in socket)
    (socket as Duplex & { setKeepAlive(on: boolean, after: Milliseconds): void }).setKeepAlive(true, 30_000)
  if ('setNoDelay' in socket) (socket as Duplex & { setNoDelay(on: boolean): void }).setNoDelay(true)
}

/** One end is gone: what it said last still reaches the other, unless it broke off. */
function part(gone: Duplex, other: Duplex): void {
  if (gone.readableEnded) hangUp(other)
  else other.destroy()
}

/** A head as the origin wrote it. */
function rawHead({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  return `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n${fieldLines(rawHeaders)}\r\n`
}
