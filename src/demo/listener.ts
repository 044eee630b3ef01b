import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** The listening socket and every connection that came out of it. */
export class Listener {
  readonly #server: Server
  readonly #host: string
  #port: number
  #resets = false
  readonly #sockets = new Set<Socket>()

  constructor(server: Server, host: string, port: number) {
    this.#server = server
    this.#host = host
    this.#port = port
    server.on('connection', (socket) => this.#connected(socket))
  }

  get address(): string {
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`
  }

  /** How many connections are open now. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Listens, at the port that it had before if there was one. */
  async accept(): Promise<void> {
    this.#resets = false
    if (this.#server.listening) return
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Stops taking connections and ends those that there are. */
  async refuse(how: 'refused' | 'reset'): Promise<void> {
    this.#resets = how === 'reset'
    if (how === 'refused') return this.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve)
    })
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #connected(socket: Socket): void {
    if (this.#resets) {
      socket.resetAndDestroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
