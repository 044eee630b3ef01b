import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Bytes } from './cache.ts'

const connected = 'undici:client:connected'

/** Where a connection to the origin is told of that was not made by undici. */
export const lineOpened = channel('owncast-edge:line-opened')

/** As undici tells it. */
export interface LineOpened {
  readonly connectParams: { readonly host: string }
  readonly socket: Socket
}

/** The bytes of all connections to the origin together, as the line at home sees them: pages, chat and pings as well as video. */
export class Line {
  readonly #hosts: ReadonlySet<string>
  readonly #sockets = new Set<Socket>()
  #closedReceived: Bytes = 0
  #closedSent: Bytes = 0

  /** @param hosts the origin's and the bucket's, with their ports where they are not the scheme's own */
  constructor(hosts: readonly string[]) {
    this.#hosts = new Set(hosts)
    subscribe(connected, this.#onConnected)
    lineOpened.subscribe(this.#onConnected)
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size
  }

  get received(): Bytes {
    let bytes = this.#closedReceived
    for (const socket of this.#sockets) bytes += socket.bytesRead
    return bytes
  }

  get sent(): Bytes {
    let bytes = this.#closedSent
    for (const socket of this.#sockets) bytes += socket.bytesWritten
    return bytes
  }

  #add(socket: Socket): void {
    if (this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#closedReceived += socket.bytesRead
      this.#closedSent += socket.bytesWritten
    })
  }

  close(): void {
    unsubscribe(connected, this.#onConnected)
    lineOpened.unsubscribe(this.#onConnected)
  }

  readonly #onConnected = (message: unknown): void => {
    const { connectParams, socket } = message as LineOpened
    if (this.#hosts.has(connectParams.host)) this.#add(socket)
  }
}
