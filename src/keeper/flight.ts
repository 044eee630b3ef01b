import type { Body } from '../body.ts'
import type { Milliseconds, Outcome, StoredResponse, Visitor, Wanted } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { ageOf, headOf, judge, madeAt, type Verdict } from './admit.ts'
import { Deferred } from './deferred.ts'
import { fetchEnded, fillResumed } from './events.ts'
import { fetched, renewed, responseOf } from './landing.ts'
import { mayLead } from './lead.ts'
import type { Flow } from './origin.ts'
import { Pace } from './pace.ts'
import { isHalfWritten, Reception } from './reception.ts'
import { requestFields } from './request.ts'
import { continuation, Resumption, restFields } from './resumption.ts'
import type { Tower } from './tower.ts'

/** How often and how soon a half-written file is asked for again: Owncast writes in place, within milliseconds (§3.5). */
const attempts = 5
const pause: Milliseconds = 60
/** How long and how often a segment that a playlist lists is asked for again when the origin says that it is missing. */
const listedPatience: Milliseconds = 1000
const listedPause: Milliseconds = 100

/** One fetch from the origin, a task of its own: whoever caused it may leave. Everybody who wants the key waits for its outcome. */
export class Flight {
  readonly wanted: Wanted
  readonly #tower: Tower
  readonly #visitor: Visitor
  /** What was stored under the key when the flight began; held until its end. */
  readonly #before: StoredResponse | undefined
  readonly #startedAt: Milliseconds
  readonly #resumption: Resumption
  readonly #pace: Pace
  readonly #outcome = new Deferred<Outcome>()
  readonly #over = new Deferred<void>()
  /** What those who want the key get: as soon as there is something to read. */
  readonly outcome = this.#outcome.promise
  /** Resolves when it is over, well or not. */
  readonly over = this.#over.promise
  #attempt = 0
  #askedAt: Milliseconds = 0
  #bornAt: Milliseconds = 0
  #verdict: Verdict = { kind: 'pass-on' }
  #reception: Reception | undefined
  #flow: Flow | undefined

  constructor(tower: Tower, wanted: Wanted, visitor: Visitor, before: StoredResponse | undefined) {
    this.#tower = tower
    this.wanted = wanted
    this.#visitor = visitor
    this.#before = before
    before?.body.hold()
    this.#startedAt = tower.clock.now()
    this.#resumption = new Resumption(this.#startedAt)
    this.#pace = new Pace(tower.clock, () => this.#abandon(new OriginError('timeout', 'sends too slowly')))
    this.#ask([])
  }

  #ask(extra: readonly string[]): void {
    const { origin, clock, counters } = this.#tower
    const { target, rule } = this.wanted
    this.#attempt++
    this.#askedAt = clock.now()
    counters.asked(rule.kind)
    const fields = [...requestFields(this.wanted, this.#visitor, this.#before, origin.host), ...extra]
    origin.ask(
      { target, kind: rule.kind, fields, silence: this.#tower.silenceFor(this.wanted) },
      {
        head: (status, received, flow) => this.#onHead(status, received, flow),
        piece: (bytes) => this.#onPiece(bytes),
        end: () => this.#onEnd(),
        failed: (error) => this.#onFailure(error)
      }
    )
  }

  #onHead(status: number, received: readonly string[], flow: Flow): void {
    const { rule } = this.wanted
    const { clock, pool, largest } = this.#tower
    this.#flow = flow
    if (this.#reception !== undefined) return this.#onRest(this.#reception, status, received)
    this.#bornAt = madeAt(this.wanted, this.#askedAt, clock.now()) - ageOf(received)
    this.#verdict = judge(rule, status, received, largest, this.#tower.expected(this.wanted))
    if (this.#verdict.kind === 'uncacheable') return this.#setAside(this.#verdict.why)
    if (this.#verdict.kind === 'not-modified') return
    const canStandIn = this.#before !== undefined && clock.now() < this.#before.staleUntil
    if (status >= 500 && canStandIn) return this.#abandon(new OriginError('unusable', `status ${status}`))
    if (this.#verdict.kind === 'missing' && this.#shouldExist()) return this.#askAgain('missing', listedPause)
    const head = headOf(rule, status, received, clock.now())
    const isCut = rule.body === 'transport-stream' && status === 200 && isHalfWritten(head.length)
    if (isCut) return this.#askAgain('a half-written segment', pause)
    this.#reception = new Reception(pool, rule, head)
    // Before it is needed: the blocks that are given back take this body, and none are left to the collector.
    this.#tower.makeRoom()
    this.#pace.watch(this.#reception.body)
    const { fill } = this.#reception
    if (fill !== undefined) this.#outcome.resolve({ kind: 'filling', fill, collapsed: false })
  }

  #onPiece(bytes: Buffer): void {
    const reception = this.#reception
    if (reception === undefined) return
    this.#tower.counters.originBytes += bytes.length
    if (!reception.take(bytes)) return this.#abandon(new OriginError('unusable', 'no sync byte'))
    this.#resumption.progressed(this.#tower.clock.now())
    if (reception.body.length > this.#tower.largest && this.#verdict.kind !== 'pass-on')
      this.#outgrow(reception)
    this.#tower.makeRoom()
  }

  #onEnd(): void {
    if (this.#verdict.kind === 'not-modified') return this.#confirm()
    const reception = this.#reception
    if (reception === undefined) return
    const fault = reception.endFault()
    if (fault === undefined) this.#land(reception)
    else if (fault.kind === 'broken') this.#onFailure(fault.error)
    else this.#askAgain(fault.what, pause)
  }

  /** A body that clients are reading is gone on with from where it broke off; anything else has failed. */
  #onFailure(error: OriginError): void {
    const { clock, origin } = this.#tower
    const isStored = this.#verdict.kind === 'store' && this.wanted.range === undefined
    const mayGoOn = this.#reception?.fill !== undefined && isStored && error.code !== 'unusable'
    const wait = mayGoOn ? this.#resumption.nextPause(clock.now()) : undefined
    if (wait === undefined) return this.#fail(error)
    this.#pace.stop()
    clock.after(wait, () => origin.whenUp(() => this.#askForRest()))
  }

  #askForRest(): void {
    if (this.#reception === undefined) return
    const { head, body } = this.#reception
    this.#tower.counters.fillsResumed++
    fillResumed.publish({ key: this.wanted.key, from: body.length })
    this.#ask(restFields(head, body.length))
  }

  #onRest(reception: Reception, status: number, received: readonly string[]): void {
    const { head, body } = reception
    const next = continuation(head, body.length, status, received)
    switch (next.kind) {
      case 'onward':
        reception.passOver(next.skip)
        return this.#pace.watch(body)
      case 'changed':
        return this.#abandon(new OriginError('unusable', 'the origin has another body under this name now'))
      case 'failed':
        this.#flow?.abort()
        return this.#onFailure(new OriginError('broken', `status ${status} for the rest`))
    }
  }

  /** Too large to keep, and the origin had not said so: those who read it go on, the next go past the cache. */
  #outgrow({ fill }: Reception): void {
    const flow = this.#flow as Flow
    if (fill === undefined) return this.#abandon(new OriginError('unusable', 'too large'))
    this.#verdict = { kind: 'pass-on' }
    this.#tower.setAside(this.wanted)
    this.#tower.ended(this)
    this.#pace.stop()
    const abort = (): void => this.#abandon(new OriginError('unusable', 'too large, and read by nobody'))
    fill.narrow(this.#tower.largest, { ...flow, abort })
  }

  #land(came: Reception): void {
    const isPlaylist = this.wanted.rule.body === 'playlist' && came.head.status === 200
    if (!isPlaylist || !mayLead(came.body)) return this.#conclude(came, came.body)
    this.#pace.stop()
    void this.#tower.lead(this.wanted, this.#visitor, came.body).then((led) => this.#conclude(came, led))
  }

  /** Stored first, then forgotten as a flight, then told to those who wait: nobody finds neither. */
  #conclude({ head, fill }: Reception, body: Body): void {
    const bornAt = this.#bornAt
    const response = responseOf({ wanted: this.wanted, head, body, bornAt }, this.#tower.clock.now())
    const isKept = this.#verdict.kind !== 'pass-on'
    if (isKept) this.#tower.land(response)
    else setImmediate(() => body.release())
    this.#end(isKept ? 'stored' : 'passed-on', '')
    if (fill !== undefined) fill.finish('whole')
    else this.#outcome.resolve(fetched(response, this.#before))
  }

  /** The origin said 304: the stored body is right for another while. */
  #confirm(): void {
    if (this.#before === undefined) return this.#fail(new OriginError('unusable', '304, unasked for'))
    const response = renewed(this.#before, this.#bornAt, this.#tower.clock.now())
    this.#tower.renew(response)
    this.#end('not-modified', '')
    this.#outcome.resolve(fetched(response, this.#before))
  }

  #setAside(why: string): void {
    this.#flow?.abort()
    this.#tower.setAside(this.wanted)
    this.#end('uncacheable', why)
    this.#outcome.resolve({ kind: 'uncacheable', why })
  }

  #askAgain(why: string, wait: Milliseconds): void {
    this.#flow?.abort()
    this.#letGo()
    if (why !== 'missing' && this.#attempt >= attempts) return this.#fail(new OriginError('unusable', why))
    this.#tower.counters.askedAgain++
    this.#tower.clock.after(wait, () => this.#ask([]))
  }

  #abandon(error: OriginError): void {
    this.#flow?.abort()
    this.#fail(error)
  }

  /** Forgotten before those who wait wake, so that the next request tries again. */
  #fail(error: OriginError): void {
    this.#tower.counters.failed(error.code)
    this.#end(error.code, error.detail)
    const fill = this.#reception?.fill
    if (fill === undefined) this.#outcome.reject(error)
    else {
      this.#tower.counters.fillsBroken++
      fill.finish('broken')
    }
    this.#letGo()
  }

  #letGo(): void {
    this.#pace.stop()
    this.#reception?.letGo()
    this.#reception = undefined
  }

  #end(result: string, detail: string): void {
    this.#pace.stop()
    this.#tower.ended(this)
    this.#over.resolve()
    setImmediate(() => this.#before?.body.release())
    if (!fetchEnded.hasSubscribers) return
    const { body, fill } = this.#reception ?? {}
    const took = this.#tower.clock.now() - this.#startedAt
    const [bytes, readers] = [body?.length ?? 0, fill?.readers ?? 0]
    const { key, rule } = this.wanted
    fetchEnded.publish({ key, kind: rule.kind, took, bytes, readers, result, detail })
  }

  #shouldExist(): boolean {
    const isPatient = this.#tower.clock.now() - this.#startedAt < listedPatience
    return isPatient && this.wanted.rule.kind === 'segment' && this.#tower.isListed(this.wanted)
  }
}
