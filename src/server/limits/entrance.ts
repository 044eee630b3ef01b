import { Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Milliseconds } from '../../cache.ts'
import { unmapped } from '../../http/forwarded.ts'
import { listenAt } from '../listening.ts'
import { whenClosed } from '../when-closed.ts'
import type { ProxiedPeers } from './proxied-peers.ts'
import { readProxyHeader } from './proxy-header.ts'
import type { LimitName } from './refusals.ts'

export interface EntranceOptions {
  /** Whether trusted proxies say at the beginning of a connection whom they speak for. */
  readonly proxyProtocol: boolean
  /** How long they may take for it. */
  readonly patience: Milliseconds
  readonly isTrusted: (address: string) => boolean
  readonly peers: ProxiedPeers
  /** How many connections there may be. */
  readonly most: () => number
  /** Whether one more connection of this address may come; from then on it counts, until it is closed. */
  readonly admit: (address: string, socket: Socket) => boolean
  readonly refused: (limit: LimitName, address: string) => void
}

/**
 * Where all connections come in: accepts them for the servers behind it, as long as there is room, before anything is
 * read from them or spent on TLS. What proxies in front say of them comes before that, too.
 */
export class Entrance {
  readonly #options: EntranceOptions
  readonly #acceptors: Server[] = []
  /** Connections that have come in and are not closed, whatever became of them. */
  readonly #open = new Set<Socket>()
  readonly #gone = whenClosed((socket) => this.#open.delete(socket))

  constructor(options: EntranceOptions) {
    this.#options = options
  }

  /** Accepts connections for a server, which does not listen itself; rejects where the address cannot be had. */
  async listen(server: Server, host: string, port: number): Promise<AddressInfo> {
    // As node:http would accept them, and node:tls.
    const allowHalfOpen = server instanceof HttpServer
    const acceptor = createServer({ allowHalfOpen, noDelay: true }, (socket) => this.#greet(socket, server))
    this.#acceptors.push(acceptor)
    const address = await listenAt(acceptor, host, port)
    // Makes node:http watch over slow heads and idle connections.
    server.emit('listening')
    return address
  }

  /** Accepts no more. */
  close(): void {
    for (const acceptor of this.#acceptors) acceptor.close()
  }

  /** Ends what is left, also what has not yet said who it is or how it wants to talk. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #greet(socket: Socket, server: Server): void {
    const { proxyProtocol, isTrusted, most } = this.#options
    const address = unmapped(socket.remoteAddress ?? '')
    // Gone before it was accepted.
    if (address === '') return void socket.destroy()
    if (this.#open.size >= most()) return this.#refuse(socket, 'too-many-connections', address)
    this.#open.add(socket)
    socket.on('close', this.#gone)
    if (proxyProtocol && isTrusted(address)) this.#await(socket, server, address)
    else this.#admit(socket, server, address)
  }

  #admit(socket: Socket, server: Server, address: string): void {
    if (this.#options.admit(address, socket)) server.emit('connection', socket)
    else this.#refuse(socket, 'too-many-connections-of-address', address)
  }

  /** A reset leaves nothing behind, neither in this process nor in the system. */
  #refuse(socket: Socket, limit: LimitName, address: string): void {
    this.#options.refused(limit, address)
    socket.on('error', () => {})
    socket.resetAndDestroy()
  }

  /** Reads what the proxy says; the bytes after it are left for the server. */
  #await(socket: Socket, server: Server, proxy: string): void {
    const { patience } = this.#options
    let begun = Buffer.alloc(0)
    const give = (): void => {
      end()
      // Who looks only whether somebody listens says nothing.
      if (begun.length > 0) this.#refuse(socket, 'no-proxy-header', proxy)
      else socket.destroy()
    }
    const impatience = Number.isFinite(patience) ? setTimeout(give, patience).unref() : undefined
    const end = (): void => {
      clearTimeout(impatience)
      socket.off('data', take).off('end', give).off('error', give)
    }
    const take = (chunk: Buffer): void => {
      begun = Buffer.concat([begun, chunk])
      const header = readProxyHeader(begun)
      if (header.kind === 'partial') return
      if (header.kind === 'invalid') return give()
      end()
      this.#handOn(socket, server, begun.subarray(header.length), header.source ?? proxy)
    }
    socket.on('data', take).on('end', give).on('error', give)
  }

  #handOn(socket: Socket, server: Server, rest: Buffer, source: string): void {
    socket.pause()
    if (rest.length > 0) socket.unshift(rest)
    this.#options.peers.note(socket, source)
    this.#admit(socket, server, unmapped(source))
    // TLS reads by itself.
    if (server instanceof HttpServer) socket.resume()
  }
}
