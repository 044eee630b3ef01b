import type { WebSocket } from 'ws'
import type { Milliseconds } from '../cache.ts'
import type { ChatUser } from './chat-users.ts'

export interface ChatClientOptions {
  readonly socket: WebSocket
  readonly user: ChatUser
  readonly ip: string
  readonly userAgent: string
  readonly connectedAt: Milliseconds
  /** How often the server pings; a client that has not answered by the next one is cut off. */
  readonly pingEvery: Milliseconds
}

/** One connection to chat (core/chat/chatclient.go). */
export class ChatClient {
  readonly user: ChatUser
  readonly ip: string
  readonly userAgent: string
  readonly connectedAt: Milliseconds
  messageCount = 0
  readonly #socket: WebSocket
  readonly #timer: NodeJS.Timeout
  #queue: string[] = []
  #isAlive = true

  constructor({ socket, user, ip, userAgent, connectedAt, pingEvery }: ChatClientOptions) {
    this.#socket = socket
    this.user = user
    this.ip = ip
    this.userAgent = userAgent
    this.connectedAt = connectedAt
    this.#timer = setInterval(() => this.#ping(), pingEvery)
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.once('close', () => clearInterval(this.#timer))
  }

  /** Sends an event. Those that wait together go in one frame, joined with newlines. */
  send(event: object): void {
    this.#queue.push(JSON.stringify(event))
    if (this.#queue.length > 1) return
    setImmediate(() => {
      this.#socket.send(this.#queue.join('\n'))
      this.#queue = []
    })
  }

  #ping(): void {
    if (!this.#isAlive) return this.#socket.terminate()
    this.#isAlive = false
    this.#socket.ping()
  }
}
