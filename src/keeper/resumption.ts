import type { Bytes, Milliseconds, ResponseHead } from '../cache.ts'
import { fieldValue } from '../http/fields.ts'
import { lengthOf } from './admit.ts'

/** The pauses before each further attempt; while the origin is down its return is awaited instead. */
const pauses: readonly Milliseconds[] = [50, 200, 500, 1000, 2000, 2000]
/** Without a single byte for so long, a player has given up as well. */
const patience: Milliseconds = 20_000

/** How a body that broke off is to be gone on with. */
export type Continuation =
  | { readonly kind: 'onward'; readonly skip: Bytes }
  /** Another body has come under the same name: old and new bytes never mix. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed' }

/** Decides whether and when a body is fetched on from the byte where it broke off. */
export class Resumption {
  #attempts = 0
  #progressAt: Milliseconds

  constructor(now: Milliseconds) {
    this.#progressAt = now
  }

  progressed(now: Milliseconds): void {
    this.#progressAt = now
    this.#attempts = 0
  }

  /** The pause before the next attempt, or undefined where it is time to give up. */
  nextPause(now: Milliseconds): Milliseconds | undefined {
    if (now - this.#progressAt > patience) return undefined
    return pauses[this.#attempts++]
  }
}

/** What a request for the rest adds (RFC 9110 §13.1.5, §14.2). */
export function restFields(head: ResponseHead, have: Bytes): string[] {
  const validator = head.etag ?? fieldValue(head.fields, 'last-modified')
  const condition = validator === undefined || validator.startsWith('W/') ? [] : ['If-Range', validator]
  return ['Range', `bytes=${have}-`, ...condition]
}

/** Judges the answer to a request for the rest; an origin that sends everything again is read past what is there. */
export function continuation(
  head: ResponseHead,
  have: Bytes,
  status: number,
  fields: readonly string[]
): Continuation {
  if (status !== 200 && status !== 206) return { kind: 'failed' }
  if (!isSame(head, status, fields)) return { kind: 'changed' }
  if (status === 200)
    return isLength(head, lengthOf(fields)) ? { kind: 'onward', skip: have } : { kind: 'changed' }
  const [, start, length] =
    /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(fieldValue(fields, 'content-range') ?? '') ?? []
  const goesOn = Number(start) === have && (length === '*' || isLength(head, Number(length)))
  return goesOn ? { kind: 'onward', skip: 0 } : { kind: 'changed' }
}

/** An answer to If-Range with an ETag need not repeat what else is known of the body (RFC 9110 §15.3.7). */
function isSame(head: ResponseHead, status: number, fields: readonly string[]): boolean {
  const etag = fieldValue(head.fields, 'etag')
  if (fieldValue(fields, 'etag') !== etag) return false
  const modified = fieldValue(fields, 'last-modified')
  if (status === 206 && etag !== undefined && modified === undefined) return true
  return modified === fieldValue(head.fields, 'last-modified')
}

function isLength(head: ResponseHead, length: Bytes | undefined): boolean {
  return head.length === undefined || length === undefined || head.length === length
}
