import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../cache.ts'
import { type Answer, notFound } from './answer.ts'
import type { Chat } from './chat.ts'
import { refuseChat } from './chat-api.ts'
import { clientAddress } from './client-address.ts'
import type { Faults } from './faults.ts'
import type { RequestLog } from './request-log.ts'
import { ropeLength } from './rope.ts'

export interface UpgradeParts {
  readonly chat: Chat
  readonly clock: Clock
  readonly faults: Faults
  readonly requests: RequestLog
}

/** Answers requests to upgrade: chat at /ws, or an ordinary response on the raw connection. */
export class Upgrades {
  readonly #parts: UpgradeParts

  constructor(parts: UpgradeParts) {
    this.#parts = parts
  }

  async serve(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { chat, clock, faults, requests } = this.#parts
    // Without a listener, a connection that is reset would end the process; its close is noted by the log.
    socket.on('error', () => socket.destroy())
    const logged = requests.add(request, socket, clock.now())
    const plan = faults.take(logged.target)
    if (plan.hang !== undefined) return
    if (plan.hold !== undefined) await plan.hold.gate.pass(logged)
    const isChat = request.url?.split('?', 1)[0] === '/ws'
    const failed: Answer | undefined = plan.status && { status: plan.status.status, fields: {}, body: [] }
    const refused = failed ?? (isChat ? refuseChat({ ip: clientAddress(request) }, chat) : notFound())
    logged.status = refused?.status ?? 101
    if (refused === undefined) chat.connect(request, socket, head)
    else socket.end(Buffer.concat([Buffer.from(headOf(refused)), ...refused.body]))
  }
}

function headOf({ status, fields, body }: Answer): string {
  const all = {
    ...fields,
    Vary: 'Accept-Encoding',
    'Content-Length': String(ropeLength(body)),
    Connection: 'close'
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`
}
