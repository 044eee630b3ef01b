import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Bytes, Milliseconds } from '../cache.ts'
import { whenClosed } from './when-closed.ts'

/** The sockets of clients: counts them and their bytes, and drains them when the edge stops. */
export class Connections {
  readonly #server: Server
  /** With what tells whether something waits for it, where Node's socket does not know. */
  readonly #sockets = new Map<Socket, (() => boolean) | undefined>()
  #closedOut: Bytes = 0
  #closedIn: Bytes = 0
  /** Responses that are being made or sent. */
  #active = 0
  #idle = (): void => {}
  #isDraining = false

  readonly #gone = whenClosed((socket) => {
    this.#sockets.delete(socket)
    this.#closedOut += socket.bytesWritten
    this.#closedIn += socket.bytesRead
  })
  readonly #ended = (): void => {
    this.#active--
    if (this.#active === 0) this.#idle()
  }

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => this.add(socket))
    server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) =>
      this.#begin(response)
    )
  }

  get open(): number {
    return this.#sockets.size
  }

  /** Bytes sent by connections that are closed. */
  get closedOut(): Bytes {
    return this.#closedOut
  }

  get bytesOut(): Bytes {
    let bytes = this.#closedOut
    for (const socket of this.#sockets.keys()) bytes += socket.bytesWritten
    return bytes
  }

  get bytesIn(): Bytes {
    let bytes = this.#closedIn
    for (const socket of this.#sockets.keys()) bytes += socket.bytesRead
    return bytes
  }

  /**
   * Accepts no more, closes what is idle, and waits until the last response has been sent or the limit is over.
   * @param lane resolves when the fast lane has sent all; node:http takes its connections for idle
   */
  async drain(limit: Milliseconds, lane: Promise<void>): Promise<void> {
    this.#isDraining = true
    // Without what http.Server's own close does at once: close connections that it takes for idle.
    NetServer.prototype.close.call(this.#server)
    await Promise.all([lane.then(() => this.#server.closeIdleConnections()), this.#finished(limit)])
    this.#server.close()
  }

  destroyAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  /** Calls back with each connection that is open, and with whether something waits for it. */
  each(look: (socket: Socket, isBehind: boolean) => void): void {
    for (const [socket, isBehind] of this.#sockets)
      look(socket, socket.writableLength > 0 || isBehind?.() === true)
  }

  /** Takes note of a connection that no server of node:http is told of. */
  add(socket: Socket, isBehind?: () => boolean): void {
    this.#sockets.set(socket, isBehind)
    socket.on('close', this.#gone)
  }

  async #finished(limit: Milliseconds): Promise<void> {
    if (this.#active === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
      setTimeout(resolve, limit).unref()
    })
  }

  #begin(response: ServerResponse): void {
    this.#active++
    if (this.#isDraining) response.shouldKeepAlive = false
    response.on('close', this.#ended)
  }
}
