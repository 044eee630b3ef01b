import type { Socket } from 'node:net'
import type { Bytes, Milliseconds } from '../../cache.ts'

/** For so long a connection may take nothing at all, as when a phone changes its network. */
const grace: Milliseconds = 30_000

/** How a connection that something waits for has kept up. */
interface Slowness {
  /** What it had taken when it was last looked at. */
  taken: Bytes
  /** By how much it lags behind one that reads at the least rate. */
  owed: Bytes
}

/**
 * Tells who reads too slowly, from what each connection has taken between two looks: nothing is kept of those who keep
 * up, and no timer is set when something is written.
 */
export class Readers {
  #least: Bytes = 0
  /** Connections that something waits for. */
  readonly #slow = new WeakMap<Socket, Slowness>()

  /** @param least bytes per second */
  constructor(least: Bytes) {
    this.limit(least)
  }

  /** From now on this is the least rate. */
  limit(least: Bytes): void {
    this.#least = Number.isFinite(least) ? least : 0
  }

  /**
   * Looks at a connection; true where it is too slow.
   * @param taken bytes since its start @param isBehind whether something waits for it @param passed since all were looked at
   */
  isTooSlow(socket: Socket, taken: Bytes, isBehind: boolean, passed: Milliseconds): boolean {
    if (!isBehind || this.#least === 0) {
      this.#slow.delete(socket)
      return false
    }
    const known = this.#slow.get(socket)
    if (known === undefined) {
      this.#slow.set(socket, { taken, owed: 0 })
      return false
    }
    known.owed = Math.max(0, known.owed + (this.#least * passed) / 1000 - (taken - known.taken))
    known.taken = taken
    return known.owed > (this.#least * grace) / 1000
  }
}

/** What of it Node's handles tell. Not documented, and what Node itself tells a slow connection from a dead one by. */
interface Handle {
  readonly bytesWritten?: Bytes
  readonly writeQueueSize?: Bytes
}

/** What the system has taken of what was written to a connection: byte for byte, where Node's own counts are by chunks. */
export function takenBy(socket: Socket): Bytes {
  const { bytesWritten, writeQueueSize } = (socket as Socket & { readonly _handle?: Handle })._handle ?? {}
  if (bytesWritten === undefined || writeQueueSize === undefined)
    return socket.bytesWritten - socket.writableLength
  return bytesWritten - writeQueueSize
}
