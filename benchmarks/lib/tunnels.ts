import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Tunnelling {
  readonly port: number
  readonly count: number
}

/** A masked text frame of five bytes (RFC 6455 §5.7), which the origin sends back as it is. */
const frame = Buffer.from('818537fa213d7f9f4d5158', 'hex')

/** Chats: WebSocket connections that stay open until they are closed. */
export class Tunnels {
  #sockets: Socket[] = []

  /** Opens them a hundred at a time, and has each send a message and see it come back. Rejects when one does not. */
  async open({ port, count }: Tunnelling): Promise<number> {
    while (this.#sockets.length < count) {
      const batch = Math.min(100, count - this.#sockets.length)
      this.#sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openOne(port)))))
    }
    await this.echo()
    return this.#sockets.length
  }

  /** Sends a message over each, and waits until all have come back. */
  async echo(): Promise<void> {
    const echoes = this.#sockets.map((socket) => once(socket, 'data'))
    for (const socket of this.#sockets) socket.write(frame)
    await Promise.all(echoes)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets = []
  }
}

async function openOne(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(
    `GET /ws?accessToken=none HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `User-Agent: chat\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`
  )
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101'))
    throw new Error(`no tunnel: ${answer.toString('latin1')}`)
  return socket
}
