import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Milliseconds, StoredResponse, Wanted } from '../../cache.ts'
import type { AccessLogSlot } from '../access-log.ts'
import type { Trust } from '../client-address.ts'
import type { Front } from '../front.ts'
import { whenClosed } from '../when-closed.ts'
import { LaneConnection } from './connection.ts'
import { type Form, isRepeatable, type KnownTargets } from './form.ts'

export interface LaneOptions {
  readonly trust: Trust
  readonly access: AccessLogSlot
  readonly clock: Clock
}

/** So many targets are remembered, the better part of an hour of a stream, for so many values of Accept-Encoding. */
const mostTargets = 1000
const mostCodings = 32
const longestTarget = 1024

/**
 * The fast lane: answers repeated plain GETs of what is stored and fresh straight from the socket. It never parses: the
 * first request of a connection is node:http's, and a later one is recognised when its bytes are the same but for the
 * target, and that target was answered from the store before. Everything else goes the ordinary way.
 */
export class Lane {
  isDraining = false
  #server: Server | undefined
  #front: Front | undefined
  readonly #options: LaneOptions
  readonly #connections = new Map<Socket, LaneConnection>()
  /** From Accept-Encoding to the targets known to clients that send it. */
  readonly #known = new Map<string, KnownTargets>()
  readonly #gone = whenClosed((socket) => this.#connections.delete(socket))

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** The fields by which node:http tells clients that the connection is kept, names and values in turn. */
  get keepAlive(): readonly string[] {
    const timeout = this.#server?.keepAliveTimeout ?? 0
    const limit = timeout > 0 ? ['Keep-Alive', `timeout=${Math.floor(timeout / 1000)}`] : []
    return ['Connection', 'keep-alive', ...limit]
  }

  /** From now on stands before a server of node:http whose requests this front answers. */
  attach(server: Server, front: Front): void {
    this.#server = server
    this.#front = front
    server.on('connection', (socket: Socket) => this.#join(socket))
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#connections.get(request.socket)?.found(request, response)
    )
    // What node:http does without a listener, but for connections that it takes for idle.
    server.on('timeout', (socket: Socket) => {
      if (this.#connections.get(socket)?.isSending !== true) socket.destroy()
    })
  }

  /** A request was answered with a whole stored response, as others like it may be. */
  learn(request: IncomingMessage, response: ServerResponse, wanted: Wanted): void {
    const { socket, url: target = '', headers } = request
    const connection = this.#connections.get(socket)
    if (connection === undefined || target !== wanted.target || wanted.host !== undefined) return
    if (target.length > longestTarget || !isRepeatable(request, response)) return
    const acceptEncoding = headers['accept-encoding'] as string | undefined
    const known = this.#knownFor(String(acceptEncoding))
    if (known.size >= mostTargets) known.clear()
    known.set(target, wanted)
    const visitor = this.#options.trust.visitorOf(request)
    connection.learn({ target, known, visitor, acceptEncoding, referer: headers.referer })
  }

  /** What a request in a known form is answered with; undefined where it is not the lane's to answer. */
  hit(form: Form, target: string, socket: Socket): StoredResponse | undefined {
    const wanted = form.known.get(target)
    return wanted && this.#front?.hit(wanted, form, socket)
  }

  now(): Milliseconds {
    return this.#options.clock.now()
  }

  /** What tells the access log of a response, to be called when it was sent; undefined where there is no log. */
  noting(
    { visitor, referer }: Form,
    target: string,
    { status, length }: StoredResponse,
    socket: Socket
  ): (() => void) | undefined {
    const { log } = this.#options.access
    if (log === undefined) return undefined
    const at = this.now()
    const startedAt = performance.now()
    return () =>
      log.ended({
        at,
        took: performance.now() - startedAt,
        address: visitor.address,
        method: 'GET',
        target,
        protocol: 'HTTP/1.1',
        status,
        bytes: length,
        outcome: 'hit',
        isComplete: !socket.destroyed,
        referer,
        userAgent: visitor.userAgent
      })
  }

  /** The rules have changed: what was learnt under the old ones counts no more. */
  forget(): void {
    this.#known.clear()
    for (const connection of this.#connections.values()) connection.forget()
  }

  /** From now on answers nothing; ends the connections that it is sending on, within the limit. */
  async drain(limit: Milliseconds): Promise<void> {
    this.isDraining = true
    const sending = [...this.#connections.values()].filter(({ isSending }) => isSending)
    if (sending.length === 0) return
    await Promise.race([
      Promise.all(sending.map((connection) => connection.end())),
      new Promise((resolve) => setTimeout(resolve, limit).unref())
    ])
  }

  #join(socket: Socket): void {
    const connection = LaneConnection.on(socket, this)
    if (connection === undefined) return
    this.#connections.set(socket, connection)
    socket.on('close', this.#gone)
  }

  /** Clients that say the same about codings are answered with the same. */
  #knownFor(acceptEncoding: string): KnownTargets {
    const known = this.#known.get(acceptEncoding)
    if (known !== undefined) return known
    if (this.#known.size >= mostCodings) this.#known.clear()
    const made: KnownTargets = new Map()
    this.#known.set(acceptEncoding, made)
    return made
  }
}
