import { createHash } from 'node:crypto'
import type { Clock, Milliseconds } from '../cache.ts'
import type { Channel } from './channel.ts'

const TIMEOUT: Milliseconds = 15_000
const PRUNE_INTERVAL: Milliseconds = 5_000

export interface Viewer {
  /** hex(md5(address + User-Agent)) */
  readonly clientId: string
  readonly ip: string
  readonly userAgent: string
  readonly firstSeen: Milliseconds
  lastSeen: Milliseconds
}

/** Who is watching, as core/stats.go counts: gone after 15 s of silence, looked for every 5 s. */
export class Viewers {
  readonly #channel: Channel
  readonly #clock: Clock
  readonly #startedAt: Milliseconds
  /** client id → viewer */
  readonly #active = new Map<string, Viewer>()
  #prunedAt: Milliseconds
  #peak = 0

  constructor(channel: Channel, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#prunedAt = this.#startedAt
  }

  /** The most viewers at once, ever. */
  get peak(): number {
    return this.#peak
  }

  list(): readonly Viewer[] {
    this.#prune()
    return [...this.#active.values()]
  }

  /** Notes that somebody has asked for a playlist or sent a ping. Nothing happens while nobody broadcasts. */
  mark(ip: string, userAgent: string): void {
    if (!this.#channel.isConnected) return
    this.#prune()
    const now = this.#clock.now()
    const clientId = createHash('md5')
      .update(ip + userAgent)
      .digest('hex')
    const known = this.#active.get(clientId)
    if (known !== undefined) known.lastSeen = now
    else this.#active.set(clientId, { clientId, ip, userAgent, firstSeen: now, lastSeen: now })
    this.#peak = Math.max(this.#peak, this.#active.size)
  }

  /** Does what the timer would have done at its last tick; nobody can see the difference. */
  #prune(): void {
    const ticks = Math.floor((this.#clock.now() - this.#startedAt) / PRUNE_INTERVAL)
    const tickedAt = this.#startedAt + ticks * PRUNE_INTERVAL
    if (tickedAt <= this.#prunedAt) return
    this.#prunedAt = tickedAt
    for (const [clientId, { lastSeen }] of this.#active) {
      if (tickedAt - lastSeen > TIMEOUT) this.#active.delete(clientId)
    }
  }
}
