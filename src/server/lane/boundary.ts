import type { IncomingMessage } from 'node:http'
import type { Bytes } from '../../cache.ts'

/** Longer heads are refused by node:http. */
const mostHead: Bytes = 16_384
/** A request head about which no two parsers can disagree: no bare line feeds, no folded lines, nothing but an origin-form target. */
const plainHead = /^[A-Z]+ \/[!-~]* HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*\r\n)*\r\n/

/**
 * Follows what node:http's parser is fed and knows whether it stands between two messages. Where that is not beyond doubt
 * it is lost, and stays so: nobody but the parser may then say where the next request begins.
 */
export class Boundary {
  isLost = false
  /** The part of a head that has come, while the rest has not. */
  #begun = ''
  /** How much of the last request's body is still to come. */
  #owed: Bytes = 0

  get isHere(): boolean {
    return !this.isLost && this.#owed === 0 && this.#begun === ''
  }

  /** The parser was fed a chunk, in which it found these requests. */
  passed(chunk: Buffer, requests: readonly IncomingMessage[]): void {
    if (this.#owed > 0) return this.#pay(chunk.length)
    const text = this.#begun + chunk.toString('latin1', 0, mostHead)
    const head = plainHead.exec(text)?.[0]
    const [request] = requests
    if (head === undefined || request === undefined || requests.length > 1)
      return this.#wait(text, requests.length)
    const length = this.#begun.length + chunk.length
    this.#begun = ''
    this.#owed = bodyLength(request)
    this.#pay(length - head.length)
  }

  /** A head may come in pieces, as long as it has not ended and the parser has found nothing in it. */
  #wait(text: string, found: number): void {
    if (found > 0 || text.length >= mostHead || text.includes('\n\r\n') || text.includes('\n\n'))
      this.isLost = true
    else this.#begun = text
  }

  #pay(bytes: Bytes): void {
    this.#owed -= bytes
    // Also where it is not a number.
    if (!(this.#owed >= 0)) this.isLost = true
  }
}

/** Not a number where only the parser knows. */
function bodyLength({ headers }: IncomingMessage): Bytes {
  if (headers['transfer-encoding'] !== undefined) return Number.NaN
  return Number(headers['content-length'] ?? 0)
}
