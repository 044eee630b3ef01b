import { once } from 'node:events'
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Bytes } from '../../src/cache.ts'

/** Where to connect to. */
export interface Address {
  readonly port: number
  readonly isTls: boolean
}

/** Milliseconds of `performance.now()`. */
export type Instant = number

/**
 * What all connections read into: nothing is kept of a body, and none is read while another is being looked at, so
 * that one piece of memory does for all.
 */
const memory = Buffer.allocUnsafeSlow(256 * 1024)
/** The one that browsers like best, and no other, so that the same work is asked of every server. */
const ciphers = 'TLS_AES_128_GCM_SHA256'
const headEnd = Buffer.from('\r\n\r\n')

/**
 * A kept connection of a viewer's browser that has one request at a time and forgets all bodies. It costs as little as
 * a socket allows, and reads responses with a Content-Length only.
 */
export class Connection {
  readonly #socket: Socket
  readonly #headers: string
  #answered: (connection: Connection) => void = () => {}
  /** What has arrived of a head that is not complete yet. */
  #head = Buffer.alloc(0)
  /** How much of the body is still to come; undefined while the head is. */
  #left: Bytes | undefined
  status = 0
  bytes: Bytes = 0
  sentAt: Instant = 0
  firstByteAt: Instant = 0
  lastByteAt: Instant = 0

  private constructor(socket: Socket, headers: string) {
    this.#socket = socket
    this.#headers = headers
  }

  /** @param failed called when it breaks, or an answer cannot be read */
  static async open({ port, isTls }: Address, failed: (error: Error) => void): Promise<Connection> {
    const options: TcpNetConnectOpts = {
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: memory, callback: (size, bytes) => connection.#read(bytes as Buffer, size) }
    }
    const socket = isTls
      ? connectTls({ ...options, rejectUnauthorized: false, ciphers, ALPNProtocols: ['http/1.1'] })
      : connect(options)
    const connection = new Connection(socket, browserHeaders({ port, isTls }))
    await once(socket, isTls ? 'secureConnect' : 'connect')
    socket.on('error', failed)
    socket.on('close', () => failed(new Error('the server closed the connection')))
    // For a TLS socket the option above is not known everywhere; then it hands over buffers of its own.
    socket.on('data', (bytes) => connection.#read(bytes, bytes.length))
    return connection
  }

  /** Asks for a target; calls back when the last byte of the answer is there. */
  ask(target: string, answered: (connection: Connection) => void): void {
    this.#answered = answered
    this.#left = undefined
    this.bytes = 0
    this.sentAt = performance.now()
    this.#socket.write(`GET ${target}${this.#headers}`, 'latin1')
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #read(bytes: Buffer, size: number): boolean {
    if (this.#left === undefined) this.#readHead(bytes.subarray(0, size))
    else this.#count(size)
    return true
  }

  #readHead(bytes: Buffer): void {
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes])
    if (this.#head.length === 0) this.firstByteAt = performance.now()
    const end = head.indexOf(headEnd)
    if (end < 0) {
      this.#head = Buffer.from(head)
      return
    }
    this.#head = Buffer.alloc(0)
    const text = head.toString('latin1', 0, end)
    const length = /\ncontent-length: *(\d+)/i.exec(text)?.[1]
    if (length === undefined) {
      this.#socket.destroy(new Error(`an answer without Content-Length: ${text}`))
      return
    }
    this.status = Number(text.slice(9, 12))
    this.#left = Number(length)
    this.#count(head.length - end - headEnd.length)
  }

  #count(size: number): void {
    this.bytes += size
    this.#left! -= size
    if (this.#left! > 0) return
    this.lastByteAt = performance.now()
    this.#answered(this)
  }
}

/** What a browser sends with each request of a player, always the same. */
function browserHeaders({ port, isTls }: Address): string {
  const origin = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`
  const fields = [
    ` HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    'sec-ch-ua-platform: "Linux"',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'sec-ch-ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    'sec-ch-ua-mobile: ?0',
    'Accept: */*',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
    `Referer: ${origin}/`,
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-US,en;q=0.9'
  ]
  return `${fields.join('\r\n')}\r\n\r\n`
}
