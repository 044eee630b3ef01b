import { Body, blockSize } from '../../body.ts'
import type { Bytes, Inquiry, Milliseconds, ResponseHead } from '../../cache.ts'
import { OriginError } from '../../errors.ts'
import { withoutHopByHop } from '../../http/fields.ts'
import { Deferred } from '../deferred.ts'
import { fetchEnded } from '../events.ts'
import { ArrivingFill } from '../fill.ts'
import type { Flow } from '../origin.ts'
import { Pace } from '../pace.ts'
import { completing, type Gap } from './completion.ts'
import type { ErrandDesk } from './errand-desk.ts'
import { type Answer, type Draft, draftOf, type Kept, ownHead, refusalOf } from './kept.ts'

/** What an errand is to bring. */
export interface Order {
  readonly inquiry: Inquiry
  /** The fields for the origin. */
  readonly asked: readonly string[]
  /** What is to be validated. */
  readonly before: Kept | undefined
  /** What is missing of something of which a part is stored, where that is asked for. */
  readonly gap: Gap | undefined
}

/** What an errand found, by the head of the answer. */
export type Found =
  /** Anybody whose fields select the variant may have it while it is fresh. */
  | { readonly kind: 'storable'; readonly draft: Draft; readonly fill: ArrivingFill }
  /** For the client alone whose request it answers. */
  | { readonly kind: 'own'; readonly fill: ArrivingFill; readonly why: string }
  /** The origin says that what is stored is right; with the fields of its 304. */
  | { readonly kind: 'confirmed'; readonly answer: Answer }
  | { readonly kind: 'head'; readonly head: ResponseHead; readonly answer: Answer }

/** One fetch by RFC 9111: judges the answer by its head, lets everybody read while it arrives, and stores what came whole. */
export class Errand {
  readonly order: Order
  readonly #desk: ErrandDesk
  readonly #found = new Deferred<Found>()
  readonly found = this.#found.promise
  readonly #startedAt: Milliseconds
  readonly #pace: Pace
  #flow: Flow | undefined
  #fill: ArrivingFill | undefined
  /** Set while what comes is to be stored. */
  #draft: Draft | undefined
  #gap: Gap | undefined
  #isOver = false

  constructor(desk: ErrandDesk, order: Order) {
    this.#desk = desk
    this.order = order
    this.#gap = order.gap
    this.#startedAt = desk.clock.now()
    const tooSlow = (): void => this.#abandon(new OriginError('timeout', 'sends too slowly'))
    this.#pace = new Pace(desk.clock, tooSlow, desk.silence)
    order.before?.body.hold()
    order.gap?.part.body.hold()
    this.#ask()
  }

  /** From now on nothing that comes is stored: it has been purged while it was under way. */
  disown(): void {
    this.#draft = undefined
  }

  #ask(): void {
    const { inquiry, asked } = this.order
    const { origin, silence, counters } = this.#desk
    counters.asked('resource')
    const fields = [...asked, ...(this.#gap?.fields ?? [])]
    origin.ask(
      { method: inquiry.method, target: inquiry.key, kind: 'resource', fields, silence, bodySilence: 0 },
      {
        informed: (status, fields) => inquiry.informed(status, fields),
        head: (status, received, flow) => this.#onHead(status, received, flow),
        piece: (bytes) => this.#onPiece(bytes),
        end: () => this.#onEnd(),
        failed: (error) => this.#fail(error)
      }
    )
  }

  #onHead(status: number, received: readonly string[], flow: Flow): void {
    this.#flow = flow
    const { inquiry, asked, before } = this.order
    const timing = { requestedAt: this.#startedAt, receivedAt: this.#desk.clock.now() }
    const answer: Answer = { inquiry, asked, status, received, timing }
    if (inquiry.method === 'HEAD') return this.#found.resolve({ kind: 'head', head: headOf(answer), answer })
    if (status === 304 && before !== undefined) return this.#found.resolve({ kind: 'confirmed', answer })
    if (isFailure(status) && before !== undefined && timing.receivedAt < before.life.staleUntil)
      return this.#abandon(new OriginError('unusable', `status ${status}`))
    if (this.#gap !== undefined && !completing(this.#gap, status, received)) {
      this.#gap = undefined
      // Neither the rest nor the whole: that is asked for without any condition.
      if (status !== 200) return this.#askAgain(flow)
    }
    const refused = refusalOf(answer) ?? this.#tooLarge(answer)
    const draft = refused === undefined ? draftOf(answer, this.#desk.outage()) : undefined
    if (draft === undefined) this.#goOnAlone(answer, refused ?? 'vary')
    else this.#receive(draft, answer)
  }

  #askAgain(flow: Flow): void {
    flow.abort()
    this.#ask()
  }

  #tooLarge(answer: Answer): 'too-large' | undefined {
    return (headOf(answer).length ?? 0) > this.#desk.largest() ? 'too-large' : undefined
  }

  /** It is one client's: sent at that client's pace, however long it is and however long it takes. */
  #goOnAlone(answer: Answer, why: string): void {
    const flow = this.#flow as Flow
    const head = headOf(answer)
    const isSmall = (head.length ?? blockSize) < blockSize
    const fill = this.#open(head, isSmall ? head.length : undefined)
    flow.leaveQueue()
    this.#desk.ended(this)
    this.#found.resolve({ kind: 'own', fill, why })
    // A turn later, when whoever waited for the head is reading.
    setImmediate(() => fill.narrow(this.#desk.largest(), { ...flow, abort: () => this.#leave() }))
  }

  #receive(draft: Draft, answer: Answer): void {
    const whole = this.#gap === undefined ? draft : this.#gap.wholeOf(draft)
    this.#draft = whole
    // Those who read while it arrives get its age and its range, which are said anew of what is stored.
    const head = this.#gap === undefined ? headOf(answer) : whole.head
    const fill = this.#open(head, head.length)
    // Before it is needed: see Flight.
    this.#desk.makeRoom()
    this.#gap?.before.forEach((bytes) => {
      fill.append(bytes)
    })
    this.#pace.watch(fill.body)
    this.#found.resolve({ kind: 'storable', draft: whole, fill })
  }

  #open(head: ResponseHead, expected: Bytes | undefined): ArrivingFill {
    this.#fill = new ArrivingFill(head, new Body(this.#desk.pool, expected))
    return this.#fill
  }

  #onPiece(bytes: Buffer): void {
    const fill = this.#fill
    if (fill === undefined) return
    this.#desk.counters.originBytes += bytes.length
    fill.append(bytes)
    if (this.#draft !== undefined && fill.body.length > this.#desk.largest()) this.#outgrow(fill)
    this.#desk.makeRoom()
  }

  /** Too large to keep, and the origin had not said so: those who read it go on. */
  #outgrow(fill: ArrivingFill): void {
    this.#draft = undefined
    this.#desk.setAside(this.order.inquiry.key)
    this.#desk.ended(this)
    this.#pace.stop()
    const flow = this.#flow as Flow
    fill.narrow(this.#desk.largest(), { ...flow, abort: () => this.#leave() })
  }

  #onEnd(): void {
    const fill = this.#fill
    if (fill === undefined) return this.#end('not-modified', '')
    this.#gap?.after.forEach((bytes) => {
      fill.append(bytes)
    })
    const { head, body } = fill
    if (head.length !== undefined && head.length !== body.length)
      return this.#fail(new OriginError('broken', 'ended early'))
    const draft = this.#draft
    if (draft !== undefined) this.#desk.land(this.order, draft, body)
    else setImmediate(() => body.release())
    this.#end(draft === undefined ? 'passed-on' : 'stored', '')
    fill.finish('whole')
  }

  /** Nobody reads any more what is for one client. */
  #leave(): void {
    if (this.#isOver) return
    this.#flow?.abort()
    const body = this.#fill?.body
    setImmediate(() => body?.release())
    this.#end('passed-on', 'its reader has left')
  }

  #abandon(error: OriginError): void {
    this.#flow?.abort()
    this.#fail(error)
  }

  /** Forgotten before those who wait wake, so that the next request tries again. */
  #fail(error: OriginError): void {
    if (this.#isOver) return
    const { counters } = this.#desk
    counters.failed(error.code)
    this.#end(error.code, error.detail)
    const fill = this.#fill
    if (fill === undefined) return this.#found.reject(error)
    counters.fillsBroken++
    fill.finish('broken')
    setImmediate(() => fill.body.release())
  }

  #end(result: string, detail: string): void {
    this.#isOver = true
    this.#pace.stop()
    this.#desk.ended(this)
    const { before, gap, inquiry } = this.order
    setImmediate(() => {
      before?.body.release()
      gap?.part.body.release()
    })
    if (!fetchEnded.hasSubscribers) return
    const took = this.#desk.clock.now() - this.#startedAt
    const [bytes, readers] = [this.#fill?.body.length ?? 0, this.#fill?.readers ?? 0]
    fetchEnded.publish({ key: inquiry.key, kind: 'resource', took, bytes, readers, result, detail })
  }
}

function headOf(answer: Answer): ResponseHead {
  return ownHead(answer, withoutHopByHop(answer.received))
}

/** What may be hidden behind something stale (RFC 5861 §4). */
function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504
}
