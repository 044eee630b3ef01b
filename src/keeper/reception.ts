import { type BlockPool, Body } from '../body.ts'
import type { Bytes, ResponseHead } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { isWholePlaylist } from '../hls/whole.ts'
import type { Rule } from '../policy.ts'
import { ArrivingFill } from './fill.ts'

const packet: Bytes = 188
const syncByte = 0x47

/** What may be wrong at the end of a body: it broke off, or was being written at the origin when it was read. */
export type EndFault =
  | { readonly kind: 'broken'; readonly error: OriginError }
  | { readonly kind: 'half-written'; readonly what: string }

/** A body that is arriving, checked as it comes, and shown to readers at once unless it must be judged whole. */
export class Reception {
  readonly head: ResponseHead
  readonly body: Body
  /** Undefined for a playlist, which is small and must be judged whole. */
  readonly fill: ArrivingFill | undefined
  readonly #isPlaylist: boolean
  readonly #hasPackets: boolean
  /** Bytes still to be passed over, of an origin that sends again what is here. */
  #skip: Bytes = 0

  constructor(pool: BlockPool, rule: Rule, head: ResponseHead) {
    this.head = head
    this.body = new Body(pool, head.length)
    this.#isPlaylist = head.status === 200 && rule.body === 'playlist'
    this.#hasPackets = head.status === 200 && rule.body === 'transport-stream'
    this.fill = this.#isPlaylist ? undefined : new ArrivingFill(head, this.body)
  }

  passOver(bytes: Bytes): void {
    this.#skip = bytes
  }

  /** Takes what has come; false where it cannot be what it should be. */
  take(bytes: Uint8Array): boolean {
    const news = bytes.subarray(Math.min(this.#skip, bytes.length))
    this.#skip = Math.max(0, this.#skip - bytes.length)
    if (news.length === 0) return true
    if (this.#hasPackets && !isInSync(news, this.body.length)) return false
    if (this.fill === undefined) this.body.append(news)
    else this.fill.append(news)
    return true
  }

  endFault(): EndFault | undefined {
    const { head, body } = this
    if (head.length !== undefined && head.length !== body.length) return broken('ended early')
    if (this.#hasPackets && isHalfWritten(body.length)) return broken('cut off within a packet')
    if (this.#isPlaylist && !isWholePlaylist(body.text()))
      return { kind: 'half-written', what: 'a half-written playlist' }
    return undefined
  }

  /** Lets the body go a turn later: somebody may have been promised the fill in this one. */
  letGo(): void {
    setImmediate(() => this.body.release())
  }
}

function broken(detail: string): EndFault {
  return { kind: 'broken', error: new OriginError('broken', detail) }
}

/** Whether each packet that begins in this piece of a transport stream begins with the sync byte (ISO/IEC 13818-1 §2.4.3.2). */
export function isInSync(bytes: Uint8Array, offset: Bytes): boolean {
  for (let at = (packet - (offset % packet)) % packet; at < bytes.length; at += packet) {
    if (bytes[at] !== syncByte) return false
  }
  return true
}

/** A transport stream of this length was cut off, or is empty: it was being written when it was read (owncast.md §3.5). */
export function isHalfWritten(length: Bytes | undefined): boolean {
  return length !== undefined && (length === 0 || length % packet !== 0)
}
