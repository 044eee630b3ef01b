import { maxHeaderSize } from 'node:http'
import type { Socket } from 'node:net'
import type { Bytes } from '../cache.ts'

const size: Bytes = 65_536
/** Smaller reads are copied: undici keeps the pieces of a head, which is no larger than this, until all of it has come. */
const small: Bytes = maxHeaderSize

/**
 * What a connection to the origin reads into: two buffers in turn, over and over. Node would make one of 64 KB for each
 * read, of which V8 sees 64 bytes and lets tens of megabytes pile up. A buffer is used again only when what came in it has
 * been read, which here is: copied into a body.
 */
export class Intake {
  /** As node:net takes it. */
  readonly onread = {
    buffer: (): Buffer => {
      this.#next ??= Buffer.allocUnsafeSlow(size)
      return this.#next
    },
    callback: (count: Bytes, buffer: Uint8Array): boolean => this.#take(count, buffer as Buffer)
  }
  #socket: Socket | undefined
  #next: Buffer | undefined
  /** What was filled before the last one. */
  #other: Buffer | undefined

  /** What comes is this connection's, where there is one. @returns what was given */
  serve<Result extends readonly [unknown, Socket | null]>(result: Result): Result {
    this.#socket = result[1] ?? undefined
    return result
  }

  #take(count: Bytes, buffer: Buffer): boolean {
    const socket = this.#socket as Socket
    if (count < small) return socket.push(Buffer.from(buffer.subarray(0, count)))
    const wantsMore = socket.push(buffer.subarray(0, count))
    // Nothing waits but these bytes: whoever had the other buffer is through with it.
    this.#next = socket.readableLength === count ? this.#other : undefined
    this.#other = buffer
    return wantsMore
  }
}
