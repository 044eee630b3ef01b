import { LRUCache } from 'lru-cache'
import type {
  CacheKey,
  Inquiry,
  Milliseconds,
  PassedExchange,
  Reply,
  SharedCache as Shared
} from '../../cache.ts'
import { OriginError } from '../../errors.ts'
import type { ForwardReason } from '../../http/cache-status.ts'
import { fieldValue } from '../../http/fields.ts'
import { parseRange, type RangeSpec, selectRange } from '../../http/range.ts'
import { mayReplaceError, requestControl, reuseOf } from '../../http/reuse.ts'
import { isSelected } from '../../http/vary.ts'
import { ByKey } from '../by-key.ts'
import type { Coder } from '../coder.ts'
import type { Store } from '../store.ts'
import { gapOf } from './completion.ts'
import { Errand, type Found, type Order } from './errand.ts'
import type { ErrandDesk } from './errand-desk.ts'
import { errandName, fieldsFor, isCompletable, isSameRange, type Question } from './question.ts'
import { filling } from './reply.ts'
import { Shelf } from './shelf.ts'
import { UnnamedPlaylists } from './unnamed-playlists.ts'
import { Upkeep } from './upkeep.ts'

/** How long a key whose answers may not be shared is not collapsed again, and how many are remembered. */
const asideFor: Milliseconds = 5000
const mostAside = 1000

export interface SharedCacheOptions extends Omit<ErrandDesk, 'land' | 'setAside' | 'ended'> {
  readonly store: Store
  readonly coder: Coder
  /** Told of targets whose stored responses an unsafe request has made invalid. */
  invalidated(targets: readonly string[]): void
}

/** A shared cache by RFC 9111 in full, on the keeper's store and origin. */
export class SharedCache implements Shared {
  readonly #options: SharedCacheOptions
  readonly #desk: ErrandDesk
  readonly #shelf: Shelf
  readonly #upkeep: Upkeep
  /** From what is asked for, the key and its Range, to the errand that others may join. */
  readonly #errands = new ByKey<Errand>()
  readonly #aside: LRUCache<CacheKey, true>
  readonly #playlists = new UnnamedPlaylists()

  constructor(options: SharedCacheOptions) {
    this.#options = options
    this.#shelf = new Shelf(options.store)
    const { pool, coder, outage } = options
    this.#upkeep = new Upkeep({ shelf: this.#shelf, pool, coder, outage })
    this.#aside = new LRUCache({ max: mostAside, ttl: asideFor, perf: options.clock })
    this.#desk = {
      ...options,
      land: (order, draft, body) => this.#upkeep.store(order, draft, body),
      setAside: (key) => this.#aside.set(key, true),
      ended: (errand) => this.#forget(errand)
    }
  }

  /** Errands that others may join. */
  get fills(): number {
    return this.#errands.size
  }

  /** Whether this was answered with a playlist, whatever it is called. */
  isPlaylist(key: CacheKey): boolean {
    return this.#playlists.has(key)
  }

  find(inquiry: Inquiry): Reply | undefined {
    const question = this.#read(inquiry)
    const { kept, control, range } = question
    const now = this.#options.clock.now()
    const reuse = kept === undefined ? 'revalidate' : reuseOf(kept.life, control, now)
    if (kept !== undefined && reuse !== 'revalidate') {
      this.#shelf.use(kept)
      if (reuse === 'stale-while-revalidate') this.#refresh(question)
      return { kind: 'stored', response: kept, how: { kind: 'hit' } }
    }
    const part = range === undefined ? undefined : this.#partFor(inquiry, range, now)
    if (part !== undefined) return part
    return control.onlyIfCached ? { kind: 'unsatisfied' } : undefined
  }

  ask(inquiry: Inquiry): Promise<Reply> {
    return this.#ask(this.#read(inquiry))
  }

  passed(exchange: PassedExchange): void {
    const targets = this.#upkeep.invalidate(exchange)
    if (targets.length === 0) return
    this.purge((key) => targets.includes(key))
    this.#options.invalidated(targets)
  }

  /** What matches and is under way goes to those who wait for it, and is not stored. */
  purge(matches: (key: CacheKey) => boolean): void {
    for (const [name, errand] of this.#errands.entries) {
      if (!matches(errand.order.inquiry.key)) continue
      errand.disown()
      this.#errands.delete(name)
    }
    for (const key of [...this.#aside.keys()]) if (matches(key)) this.#aside.delete(key)
  }

  #read(inquiry: Inquiry): Question {
    const { method, key, fields } = inquiry
    const range = method === 'GET' ? parseRange(fieldValue(fields, 'range')) : undefined
    return { inquiry, control: requestControl(fields), range, kept: this.#shelf.whole(key, fields) }
  }

  #partFor({ key, fields }: Inquiry, range: RangeSpec, now: Milliseconds): Reply | undefined {
    if (fieldValue(fields, 'if-range') !== undefined) return undefined
    const kept = this.#shelf.part(key, fields, range, now)
    if (kept?.extent === undefined) return undefined
    const { first, total } = kept.extent
    const selected = selectRange(range, total)
    if (selected.kind !== 'part') return undefined
    this.#shelf.use(kept)
    return { kind: 'part', response: kept, first, start: selected.start, end: selected.end + 1, total }
  }

  /** Fetches it anew behind an answer that was good enough. */
  #refresh(question: Question): void {
    const name = errandName(question.inquiry)
    if (this.#errands.get(name) !== undefined) return
    const errand = this.#send(question, name)
    errand.found.then((found) => this.#settle(errand, found)).catch(() => {})
  }

  async #ask(question: Question): Promise<Reply> {
    const { inquiry } = question
    if (this.#aside.has(inquiry.key)) return { kind: 'uncacheable' }
    const name = errandName(question.inquiry)
    const running = this.#errands.get(inquiry.key) ?? this.#errands.get(name)
    if (inquiry.method === 'GET' && running !== undefined) {
      const shared = await this.#join(running, question)
      if (shared !== undefined) return shared
      if (this.#aside.has(inquiry.key)) return { kind: 'uncacheable' }
    }
    return this.#own(question, name)
  }

  /** What somebody else's errand brings, where it may be used for this inquiry as well. */
  async #join(errand: Errand, question: Question): Promise<Reply | undefined> {
    const { fields } = question.inquiry
    try {
      const found = await errand.found
      if (found.kind === 'storable') {
        const { draft, fill } = found
        const isFresh =
          this.#options.clock.now() < Math.max(draft.life.freshUntil, draft.life.revalidateUntil)
        const fits =
          isFresh &&
          (draft.extent === undefined || isSameRange(errand.order.inquiry, question.inquiry)) &&
          isSelected(draft.variant, fields)
        return fits ? filling(fill, { reason: 'uri-miss', stored: true, collapsed: true }) : undefined
      }
      if (found.kind !== 'confirmed') return undefined
      const kept = this.#shelf.whole(question.inquiry.key, fields)
      return (
        kept && { kind: 'stored', response: kept, how: { kind: 'fetched', reason: 'stale', collapsed: true } }
      )
    } catch (error) {
      return this.#standIn(question, error)
    }
  }

  async #own(question: Question, name: string): Promise<Reply> {
    const errand = this.#send(question, name)
    const { kept } = question
    // Held until it is being sent: it may have been evicted when the origin has failed.
    kept?.body.hold()
    try {
      const found = await errand.found
      const reply = this.#settle(errand, found)
      return reply ?? (await this.#own({ ...question, kept: undefined }, name))
    } catch (error) {
      return this.#standIn(question, error)
    } finally {
      setImmediate(() => kept?.body.release())
    }
  }

  /** What an errand found becomes an answer, and changes what is stored. Undefined: it has to be asked again, without conditions. */
  #settle(errand: Errand, found: Found): Reply | undefined {
    const { order } = errand
    const reason: ForwardReason = this.#reasonOf(order)
    switch (found.kind) {
      case 'storable':
        this.#playlists.note(order.inquiry.key, found.fill.head.fields)
        return filling(found.fill, { reason, stored: true, collapsed: false })
      case 'own':
        if (found.fill.head.status < 500) this.#upkeep.supersede(order)
        if (order.inquiry.method === 'GET') this.#aside.set(order.inquiry.key, true)
        return filling(found.fill, { reason, stored: false, collapsed: false, detail: found.why })
      case 'confirmed': {
        const kept = order.before && this.#upkeep.confirm(order.before, found.answer)
        return kept && { kind: 'stored', response: kept, how: { kind: 'fetched', reason, collapsed: false } }
      }
      case 'head':
        this.#upkeep.noteHead(found.answer)
        return { kind: 'head', head: found.head }
    }
  }

  #reasonOf({ inquiry, before }: Order): ForwardReason {
    if (before !== undefined) return 'stale'
    return this.#shelf.of(inquiry.key).length === 0 ? 'uri-miss' : 'vary-miss'
  }

  #send(question: Question, name: string): Errand {
    const errand = new Errand(this.#desk, this.#orderOf(question))
    if (question.inquiry.method === 'GET' && this.#errands.get(name) === undefined)
      this.#errands.set(name, errand)
    return errand
  }

  #orderOf(question: Question): Order {
    const { inquiry, range, kept, control } = question
    const asked = fieldsFor(question)
    if (inquiry.method === 'HEAD') return { inquiry, asked, before: undefined, gap: undefined }
    const now = this.#options.clock.now()
    const wantsWhole = kept === undefined && range === undefined && !control.noCache
    const part = wantsWhole
      ? this.#shelf.of(inquiry.key).find((one) => isCompletable(one, inquiry, now))
      : undefined
    return { inquiry, asked, before: kept, gap: part && gapOf(part) }
  }

  /** Something stale in place of an error, where that is allowed. @throws the error */
  #standIn({ kept, control }: Question, error: unknown): Reply {
    const isAllowed = kept !== undefined && mayReplaceError(kept.life, control, this.#options.clock.now())
    if (!(error instanceof OriginError) || !isAllowed) throw error
    return { kind: 'stored', response: kept, how: { kind: 'stale', detail: error.code } }
  }

  #forget(errand: Errand): void {
    const name = errandName(errand.order.inquiry)
    this.#errands.delete(name, errand)
  }
}
