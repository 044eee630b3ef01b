import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Bytes, Clock, Milliseconds } from '../cache.ts'
import type { Channel } from './channel.ts'
import { ChatClient } from './chat-client.ts'
import { type ChatUser, ChatUsers } from './chat-users.ts'
import { clientAddress } from './client-address.ts'

/** config.MaxSocketPayloadSize; the read limit is twice that. */
const MOST_BYTES: Bytes = 2048
const HISTORY = 100

export interface ChatParts {
  readonly channel: Channel
  readonly clock: Clock
  readonly pingEvery: Milliseconds
}

/** The chat server: who is connected, what was said, who may not come in (core/chat/server.go). */
export class Chat {
  readonly users: ChatUsers
  /** Addresses that get 403; compared as they are written. */
  readonly banned = new Set<string>()
  isDisabled = false
  readonly #parts: ChatParts
  readonly #clients = new Set<ChatClient>()
  readonly #history: object[] = []
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 2 * MOST_BYTES
  })

  constructor(parts: ChatParts) {
    this.#parts = parts
    this.users = new ChatUsers(parts.clock)
  }

  /** The last messages, oldest first. */
  get history(): readonly object[] {
    return this.#history
  }

  /** What /api/admin/chat/clients says. */
  clients() {
    return [...this.#clients].map(({ user, ip, userAgent, connectedAt, messageCount }) => ({
      ...{ user, userAgent, messageCount, ipAddress: ip, geo: null },
      connectedAt: new Date(connectedAt).toISOString()
    }))
  }

  /** Makes a connection of an upgrade that has been let in. Who has no token is told so, and only then cut off. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (connection) => {
      // A broken or too long frame: ws says so to the client and closes, and the close is all that matters here.
      connection.on('error', () => connection.close())
      const token = new URL(request.url ?? '', 'http://localhost').searchParams.get('accessToken')
      const user = this.users.find(token)
      if (user !== undefined) return this.#join(request, connection, user)
      // As the real server does, without a close frame.
      connection.send('{"type":"ERROR_NEEDS_REGISTRATION"}\n', () => connection.terminate())
    })
  }

  close(): void {
    for (const connection of this.#sockets.clients) connection.terminate()
  }

  #join(request: IncomingMessage, socket: WebSocket, user: ChatUser): void {
    const { clock, channel, pingEvery } = this.#parts
    const userAgent = request.headers['user-agent'] ?? ''
    const connectedAt = clock.now()
    const client = new ChatClient({
      socket,
      user,
      ip: clientAddress(request),
      userAgent,
      connectedAt,
      pingEvery
    })
    this.#clients.add(client)
    socket.once('close', () => this.#clients.delete(client))
    socket.on('message', (message) => this.#receive(client, message))
    client.send({ type: 'CONNECTED_USER_INFO', user })
    if (channel.isOnline) this.#broadcast(this.#event('USER_JOINED', { user }))
  }

  #receive(client: ChatClient, message: RawData): void {
    const event = parse(message.toString())
    if (event?.type === 'CHAT' && typeof event.body === 'string') this.#say(client, event.body)
    if (event?.type === 'NAME_CHANGE' && typeof event.newName === 'string')
      this.#rename(client, event.newName)
  }

  #say(client: ChatClient, body: string): void {
    if (Buffer.byteLength(body) > MOST_BYTES || body.trim() === '') return
    client.messageCount += 1
    const event = this.#event('CHAT', { body: escapeHtml(body.trim()), user: client.user })
    this.#history.push(event)
    if (this.#history.length > HISTORY) this.#history.shift()
    this.#broadcast(event)
  }

  #rename({ user }: ChatClient, newName: string): void {
    const oldName = user.displayName
    this.users.rename(user, newName)
    this.#broadcast(this.#event('NAME_CHANGE', { oldName, user }))
  }

  #event(type: string, rest: object): object {
    const id = randomBytes(7).toString('base64url').slice(0, 9)
    return structuredClone({ type, id, timestamp: new Date(this.#parts.clock.now()).toISOString(), ...rest })
  }

  #broadcast(event: object): void {
    for (const client of this.#clients) client.send(event)
  }
}

function parse(text: string): { type?: unknown; body?: unknown; newName?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // What is not JSON is ignored, as the real server does.
    return undefined
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
