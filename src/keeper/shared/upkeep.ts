import { type BlockPool, Body } from '../../body.ts'
import type { Inquiry, Milliseconds, PassedExchange } from '../../cache.ts'
import { fieldValue } from '../../http/fields.ts'
import { lifeOf } from '../../http/freshness.ts'
import { invalidatedTargets } from '../../http/invalidation.ts'
import { governing } from '../../http/targeted.ts'
import { agreesWithHead, selectedForUpdate, updatedFields } from '../../http/update.ts'
import { isSelected } from '../../http/vary.ts'
import type { Coder } from '../coder.ts'
import { lacksValidator, withEtag } from '../validator.ts'
import { joined } from './completion.ts'
import type { Order } from './errand.ts'
import { type Answer, type Draft, type Kept, keptOf, renewedKept, withOutage } from './kept.ts'
import type { Shelf } from './shelf.ts'

export interface UpkeepOptions {
  readonly shelf: Shelf
  readonly pool: BlockPool
  readonly coder: Coder
  /** How long something stale may stand in for an origin that is away. */
  readonly outage: () => Milliseconds
}

/** Changes what is stored by RFC 9111, as answers of the origin want it. */
export class Upkeep {
  readonly #shelf: Shelf
  readonly #pool: BlockPool
  readonly #outage: () => Milliseconds
  readonly #coder: Coder
  #number = 0

  constructor({ shelf, pool, coder, outage }: UpkeepOptions) {
    this.#coder = coder
    this.#shelf = shelf
    this.#pool = pool
    this.#outage = outage
  }

  /** Stores what came whole; a part goes together with one that it touches. Takes over the hold on the body. */
  store({ inquiry }: Order, draft: Draft, body: Body): void {
    const came = keptOf(inquiry.key, this.#number++, draft, body)
    const kept: Kept = lacksValidator(came, body) ? { ...withEtag(came, body), hasOwnEtag: true } : came
    const other = kept.extent === undefined ? undefined : this.#touching(kept, inquiry.fields)
    if (other === undefined) return this.#put(kept, inquiry)
    this.#put(this.#together(kept, other, draft), inquiry)
    this.#shelf.drop(other.part)
    setImmediate(() => body.release())
  }

  /** What a 304 leaves of what is stored (RFC 9111 §4.3.4): the response it was asked about, or undefined if that is not it. */
  confirm(before: Kept, answer: Answer): Kept | undefined {
    const { received, timing } = answer
    const candidates = this.#shelf.of(before.base)
    const updated = isAnonymous(received)
      ? [before]
      : selectedForUpdate(candidates.includes(before) ? candidates : [before], received, timing.receivedAt)
    let confirmed: Kept | undefined
    for (const one of updated) {
      const after = this.#renewed(one, answer)
      this.#shelf.renew(one, after)
      if (one === before) confirmed = after
    }
    return confirmed
  }

  /** A HEAD was answered: what it describes is updated, and what it contradicts is stale (RFC 9111 §4.3.5). */
  noteHead(answer: Answer): void {
    const { inquiry, status, received, timing } = answer
    const stored = this.#shelf.of(inquiry.key).filter(({ variant }) => isSelected(variant, inquiry.fields))
    for (const one of stored) {
      if (status === 404 || status === 410) this.#shelf.drop(one)
      else if (status !== 200 || one.status !== 200) continue
      else if (agreesWithHead([...one.fields, 'Content-Length', String(one.length)], received))
        this.#shelf.renew(one, this.#renewed(one, answer))
      else
        this.#shelf.renew(one, {
          ...one,
          ...staleSince(timing.receivedAt),
          life: { ...one.life, ...staleSince(timing.receivedAt) }
        })
    }
  }

  /** The origin has answered otherwise meanwhile, in a way that may not be stored: what is here is out of date. */
  supersede({ before }: Order): void {
    if (before !== undefined) this.#shelf.drop(before)
  }

  /** Drops what an unsafe request has changed; the targets of it (RFC 9111 §4.4). */
  invalidate({ method, host, target, status, fields }: PassedExchange): string[] {
    const targets = invalidatedTargets({ method, host, target }, { status, fields })
    for (const one of targets) for (const kept of this.#shelf.of(one)) this.#shelf.drop(kept)
    return targets
  }

  #put(kept: Kept, { fields }: Inquiry): void {
    this.#shelf.put(kept, fields)
    if (kept.extent === undefined) void this.#coder.code(kept)
  }

  #renewed(one: Kept, { received, timing }: Answer): Kept {
    const fields = updatedFields(one.fields, received)
    const life = withOutage(lifeOf(one.status, fields, governing(fields), timing), this.#outage())
    return renewedKept(one, fields, life, timing.receivedAt)
  }

  #touching(kept: Kept, fields: readonly string[]): { part: Kept; bytes: Buffer; first: number } | undefined {
    for (const part of this.#shelf.of(kept.base)) {
      const both = isSelected(part.variant, fields) ? joined(kept, part) : undefined
      if (both !== undefined) return { part, bytes: both.bytes, first: both.first }
    }
    return undefined
  }

  #together(kept: Kept, { bytes, first }: { bytes: Buffer; first: number }, draft: Draft): Kept {
    const body = Body.of(this.#pool, bytes)
    const total = kept.extent?.total ?? bytes.length
    const isWhole = first === 0 && bytes.length === total
    const head = isWhole ? { ...draft.head, status: 200 } : draft.head
    const extent = isWhole ? undefined : { first, total }
    return keptOf(kept.base, this.#number++, { ...draft, head, extent }, body)
  }
}

/** A 304 without a validator, though it owes one (RFC 9110 §15.4.5), can only be about what was asked about. */
function isAnonymous(received: readonly string[]): boolean {
  return fieldValue(received, 'etag') === undefined && fieldValue(received, 'last-modified') === undefined
}

function staleSince(now: Milliseconds): { freshUntil: Milliseconds; revalidateUntil: Milliseconds } {
  return { freshUntil: now, revalidateUntil: now }
}
