import { type BlockPool, Body } from '../body.ts'
import type {
  Bytes,
  Clock,
  Milliseconds,
  Outcome,
  ResponseHead,
  StoredResponse,
  Visitor,
  Wanted
} from '../cache.ts'
import { OriginError } from '../errors.ts'
import { readPlaylist } from '../hls/playlist.ts'
import { isWholePlaylist } from '../hls/whole.ts'
import { playlistFreshFor, playlistStaleFor } from '../policy.ts'
import { ageOf, headOf, judge, type Verdict } from './admit.ts'
import type { KeeperCounters } from './counters.ts'
import { type FetchEnded, fetchEnded } from './events.ts'
import { ArrivingFill } from './fill.ts'
import type { Flow, Origin, OriginSink } from './origin.ts'
import { requestFields } from './request.ts'

/** How often and how soon a half-written file is asked for again: Owncast writes in place, within milliseconds (§3.5). */
const attempts = 5
const pause: Milliseconds = 60
const packet: Bytes = 188
const syncByte = 0x47

/** What a flight needs of the keeper. */
export interface Tower {
  readonly origin: Origin
  readonly pool: BlockPool
  readonly clock: Clock
  readonly counters: KeeperCounters
  readonly largest: Bytes
  /** Something was fetched whole: takes over the hold on its body. */
  land(response: StoredResponse): void
  /** The stored response was confirmed by the origin. */
  renew(response: StoredResponse): void
  /** The key was found to belong to one client. */
  setAside(wanted: Wanted): void
  /** Bodies in flight have grown. */
  makeRoom(): void
  /** Nothing more will come of the flight. Called before its waiters wake. */
  ended(flight: Flight): void
}

/** One fetch from the origin, a task of its own: whoever caused it may leave. Everybody who wants the key waits for its outcome. */
export class Flight {
  readonly wanted: Wanted
  readonly outcome: Promise<Outcome>
  readonly #tower: Tower
  readonly #visitor: Visitor
  /** What was stored under the key when the flight began. */
  readonly #before: StoredResponse | undefined
  #settle!: { resolve(outcome: Outcome): void; reject(error: OriginError): void }
  #attempt = 0
  #startedAt: Milliseconds
  #askedAt: Milliseconds = 0
  #age: Milliseconds = 0
  #verdict: Verdict = { kind: 'pass-on' }
  #head: ResponseHead | undefined
  #body: Body | undefined
  #fill: ArrivingFill | undefined
  #flow: Flow | undefined

  constructor(tower: Tower, wanted: Wanted, visitor: Visitor, before: StoredResponse | undefined) {
    this.#tower = tower
    this.wanted = wanted
    this.#visitor = visitor
    this.#before = before
    before?.body.hold()
    this.#startedAt = tower.clock.now()
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#ask()
  }

  #ask(): void {
    const { origin, clock, counters } = this.#tower
    this.#attempt++
    this.#askedAt = clock.now()
    counters.asked(this.wanted.rule.kind)
    const fields = requestFields(this.wanted, this.#visitor, this.#before, origin.host)
    const sink: OriginSink = {
      head: (status, received, flow) => this.#onHead(status, received, flow),
      piece: (bytes) => this.#onPiece(bytes),
      end: () => this.#onEnd(),
      failed: (error) => this.#fail(error)
    }
    origin.ask({ target: this.wanted.target, fields }, sink)
  }

  #onHead(status: number, received: readonly string[], flow: Flow): void {
    const { rule } = this.wanted
    this.#flow = flow
    this.#age = ageOf(received)
    this.#verdict = judge(rule, status, received, this.#tower.largest)
    if (this.#verdict.kind === 'uncacheable') return this.#setAside(this.#verdict.why)
    if (this.#verdict.kind === 'not-modified') return
    if (status >= 500 && this.#canStandIn())
      return this.#abandon(new OriginError('unusable', `status ${status}`))
    this.#head = headOf(rule, status, received, this.#tower.clock.now())
    if (this.#checksPackets() && this.#isHalfPacket(this.#head.length))
      return this.#askAgain('not a whole number of packets')
    this.#body = new Body(this.#tower.pool, this.#head.length)
    // A playlist is small and must be judged whole; everything else is sent while it arrives.
    if (!this.#isPlaylist()) this.#expose(new ArrivingFill(this.#head, this.#body))
  }

  #expose(fill: ArrivingFill): void {
    this.#fill = fill
    this.#settle.resolve({ kind: 'filling', fill, collapsed: false })
  }

  #onPiece(bytes: Buffer): void {
    const body = this.#body
    if (body === undefined) return
    this.#tower.counters.originBytes += bytes.length
    if (this.#checksPackets() && !isInSync(bytes, body.length))
      return this.#abandon(new OriginError('unusable', 'lost sync'))
    if (this.#fill === undefined) body.append(bytes)
    else this.#fill.append(bytes)
    if (body.length > this.#tower.largest && this.#verdict.kind !== 'pass-on') this.#outgrow()
    this.#tower.makeRoom()
  }

  #onEnd(): void {
    if (this.#verdict.kind === 'not-modified') return this.#confirm()
    const body = this.#body
    const head = this.#head
    if (body === undefined || head === undefined) return
    if (head.length !== undefined && head.length !== body.length)
      return this.#fail(new OriginError('broken', 'ended early'))
    if (this.#checksPackets() && this.#isHalfPacket(body.length))
      return this.#fail(new OriginError('broken', 'not a whole number of packets'))
    if (this.#isPlaylist() && !isWholePlaylist(body.text())) return this.#askAgain('half-written playlist')
    this.#land(head, body)
  }

  /** Too large to keep, and the origin had not said so: those who read it go on, the next go past the cache. */
  #outgrow(): void {
    const flow = this.#flow
    if (this.#fill === undefined || flow === undefined)
      return this.#abandon(new OriginError('unusable', 'too large'))
    this.#verdict = { kind: 'pass-on' }
    this.#tower.setAside(this.wanted)
    this.#tower.ended(this)
    this.#fill.narrow(this.#tower.largest, flow)
  }

  /** Stored first, then forgotten as a flight, then told to those who wait: nobody finds neither. */
  #land(head: ResponseHead, body: Body): void {
    const response = this.#responseOf(head, body)
    const isKept = this.#verdict.kind !== 'pass-on'
    if (isKept) this.#tower.land(response)
    else setImmediate(() => body.release())
    this.#end(isKept ? 'stored' : 'passed-on', '')
    if (this.#fill !== undefined) this.#fill.finish('whole')
    else
      this.#settle.resolve({
        kind: 'stored',
        response,
        how: { kind: 'fetched', reason: this.#reason(), collapsed: false }
      })
  }

  #responseOf(head: ResponseHead, body: Body): StoredResponse {
    const { key, rule } = this.wanted
    const now = this.#tower.clock.now()
    const times = this.#isPlaylist()
      ? playlistTimes(rule, body.text())
      : { freshFor: rule.freshFor, staleFor: rule.staleFor }
    const freshUntil = now + (head.status === 200 ? times.freshFor : rule.missingFor)
    const isGood = head.status === 200
    return {
      ...head,
      key,
      rule,
      body,
      length: body.length,
      bornAt: this.#askedAt - this.#age,
      freshUntil,
      revalidateUntil: isGood ? freshUntil + rule.revalidateFor : 0,
      staleUntil: isGood ? freshUntil + times.staleFor : 0
    }
  }

  /** The origin said 304: the stored body is right for another while (RFC 9111 §4.3.4). */
  #confirm(): void {
    const before = this.#before
    if (before === undefined)
      return this.#fail(new OriginError('unusable', '304 to an unconditional request'))
    const freshUntil = this.#tower.clock.now() + before.rule.freshFor
    const response: StoredResponse = {
      ...before,
      bornAt: this.#askedAt - this.#age,
      freshUntil,
      revalidateUntil: freshUntil + before.rule.revalidateFor,
      staleUntil: freshUntil + before.rule.staleFor
    }
    this.#tower.renew(response)
    this.#end('not-modified', '')
    this.#settle.resolve({
      kind: 'stored',
      response,
      how: { kind: 'fetched', reason: 'stale', collapsed: false }
    })
  }

  #setAside(why: string): void {
    this.#flow?.abort()
    this.#tower.setAside(this.wanted)
    this.#end('uncacheable', why)
    this.#settle.resolve({ kind: 'uncacheable', why })
  }

  #askAgain(why: string): void {
    this.#flow?.abort()
    this.#letGo()
    if (this.#attempt >= attempts) return this.#fail(new OriginError('unusable', why))
    this.#tower.counters.halfWritten++
    setTimeout(() => this.#ask(), pause)
  }

  #abandon(error: OriginError): void {
    this.#flow?.abort()
    this.#fail(error)
  }

  /** Forgotten before its waiters wake, so that the next request tries again. */
  #fail(error: OriginError): void {
    this.#tower.counters.failed(error.code)
    this.#end(error.code, error.detail)
    if (this.#fill === undefined) this.#settle.reject(error)
    else {
      this.#tower.counters.fillsBroken++
      this.#fill.finish('broken')
    }
    this.#letGo()
  }

  #letGo(): void {
    const body = this.#body
    this.#body = undefined
    // A turn later: somebody may have been promised the fill in this one.
    if (body !== undefined) setImmediate(() => body.release())
  }

  #end(result: string, detail: string): void {
    this.#tower.ended(this)
    setImmediate(() => this.#before?.body.release())
    if (!fetchEnded.hasSubscribers) return
    const { key, rule } = this.wanted
    const took = this.#tower.clock.now() - this.#startedAt
    const ended: FetchEnded = { key, kind: rule.kind, took, bytes: this.#body?.length ?? 0, result, detail }
    fetchEnded.publish(ended)
  }

  #reason(): 'uri-miss' | 'stale' {
    return this.#before === undefined ? 'uri-miss' : 'stale'
  }

  #canStandIn(): boolean {
    return this.#before !== undefined && this.#tower.clock.now() < this.#before.staleUntil
  }

  #isPlaylist(): boolean {
    return this.wanted.rule.body === 'playlist' && this.#head?.status === 200
  }

  #checksPackets(): boolean {
    return this.wanted.rule.body === 'transport-stream' && this.#head?.status === 200
  }

  #isHalfPacket(length: Bytes | undefined): boolean {
    return length !== undefined && (length === 0 || length % packet !== 0)
  }
}

/** Whether each packet that begins in this piece of a transport stream begins with the sync byte. */
function isInSync(bytes: Uint8Array, offset: Bytes): boolean {
  for (let at = (packet - (offset % packet)) % packet; at < bytes.length; at += packet) {
    if (bytes[at] !== syncByte) return false
  }
  return true
}

function playlistTimes(
  rule: Wanted['rule'],
  text: string
): { freshFor: Milliseconds; staleFor: Milliseconds } {
  const playlist = readPlaylist(text)
  const target = playlist?.kind === 'media' ? playlist.targetDuration : undefined
  const ended = playlist?.kind !== 'media' || playlist.ended
  return { freshFor: playlistFreshFor(rule, target), staleFor: playlistStaleFor(ended, target) }
}
