import type { Socket } from 'node:net'

/** Whom proxies speak for that say so at the beginning of a connection: from then on its remote address is the client's. */
export class ProxiedPeers {
  /** From the ends of a connection to the address that the proxy said. */
  readonly #said = new Map<string, string>()

  /** The proxy at the other end speaks for this address. */
  note(socket: Socket, address: string): void {
    const ends = endsOf(socket)
    this.#said.set(ends, address)
    socket.once('close', () => this.#said.delete(ends))
    replaceAddress(socket, address)
  }

  /** What was noted of a connection holds for TLS on it as well, which is another socket with the same ends. */
  carryOver(secure: Socket): void {
    if (this.#said.size === 0) return
    const address = this.#said.get(endsOf(secure))
    if (address !== undefined) replaceAddress(secure, address)
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

function replaceAddress(socket: Socket, address: string): void {
  Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true })
}
