import { request as httpRequest, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Milliseconds } from '../cache.ts'
import { forwardedFields } from './bypass.ts'
import type { Trust } from './client-address.ts'
import type { ServerCounters } from './counters.ts'

/** Owncast pings each chat socket every 54 s (owncast.md §5): a tunnel silent for longer than this is dead. */
const idleLimit: Milliseconds = 120_000
const handshakeLimit: Milliseconds = 15_000

export interface TunnelOptions {
  readonly origin: URL
  readonly trust: Trust
  readonly counters: ServerCounters
  readonly idleLimit?: Milliseconds
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
      if (isWebSocket(request)) this.#carry(request, socket, head)
      else answerInPlace(server, request, socket)
    })
  }

  /** Ends every tunnel; clients reconnect by themselves. */
  close(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #carry(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const { origin, trust } = this.#options
    const fields = [...forwardedFields(request, trust), 'Connection', 'Upgrade', 'Upgrade', 'websocket']
    const send = origin.protocol === 'https:' ? httpsRequest : httpRequest
    const handshake = send(origin, {
      method: 'GET',
      path: request.url,
      headers: fields,
      setHost: false,
      agent: false,
      timeout: handshakeLimit
    } as Parameters<typeof httpRequest>[1])
    const leave = (): void => void handshake.destroy()
    client.once('close', leave)
    handshake.once('upgrade', (answer, upstream, first) => {
      client.off('close', leave)
      this.#join(client, upstream, rawHead(answer), head, first)
    })
    handshake.once('response', (answer) => relay(answer, client))
    handshake.once('timeout', () => handshake.destroy(new Error('timeout')))
    handshake.once('error', (error) => refuse(client, error.message === 'timeout' ? 504 : 502))
    handshake.end()
  }

  #join(client: Duplex, upstream: Duplex, answer: string, fromClient: Buffer, fromOrigin: Buffer): void {
    const { counters, idleLimit: limit = idleLimit } = this.#options
    this.#open.add(client)
    counters.tunnels++
    counters.tunnelsOpened++
    client.write(answer, 'latin1')
    if (fromOrigin.length > 0) client.write(fromOrigin)
    if (fromClient.length > 0) upstream.write(fromClient)
    const idle = setTimeout(() => client.destroy(), limit).unref()
    const alive = (): unknown => idle.refresh()
    client.on('data', alive)
    upstream.on('data', alive)
    upstream.on('error', () => client.destroy())
    client.once('close', () => {
      clearTimeout(idle)
      this.#open.delete(client)
      counters.tunnels--
      upstream.destroy()
    })
    upstream.once('close', () => client.destroy())
    for (const socket of [client, upstream]) keepAlive(socket)
    client.pipe(upstream)
    upstream.pipe(client)
  }
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

function keepAlive(socket: Duplex): void {
  if ('setKeepAlive' in socket)
    (socket as Duplex & { setKeepAlive(on: boolean, after: Milliseconds): void }).setKeepAlive(true, 30_000)
  if ('setNoDelay' in socket) (socket as Duplex & { setNoDelay(on: boolean): void }).setNoDelay(true)
}

/** An upgrade that we do not know may be ignored (RFC 9110 §7.8): the request is answered as an ordinary one, and then it ends. */
function answerInPlace(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as never)
  response.once('finish', () => socket.end())
  server.emit('request', request, response)
}

/** A head as the origin wrote it. */
function rawHead({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  return `${text}\r\n`
}

/** Whatever the origin says instead of 101: chat disabled is a 200, a ban a 403 (owncast.md §5). Then the connection ends. */
function relay(answer: IncomingMessage, client: Duplex): void {
  const kept: string[] = []
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i] as string
    if (!/^(connection|keep-alive|transfer-encoding)$/i.test(name))
      kept.push(`${name}: ${answer.rawHeaders[i + 1]}\r\n`)
  }
  client.write(
    `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${kept.join('')}Connection: close\r\n\r\n`,
    'latin1'
  )
  answer.pipe(client)
}

function refuse(client: Duplex, status: 502 | 504): void {
  if (client.destroyed || !client.writable) return
  const reason = status === 502 ? 'Bad Gateway' : 'Gateway Timeout'
  client.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}
