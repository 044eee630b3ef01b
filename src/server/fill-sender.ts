import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { blockSize } from '../body.ts'
import type { Bytes, Fill, FillReader, StoredResponse } from '../cache.ts'
import { type Pace, paceOf } from './limits/pacing.ts'

/** Sends one fill to one client: what is there at once, what comes as it comes, never more than the client takes. */
export class FillSender implements FillReader {
  /** The system has taken everything before this: its blocks may be used again, those of `#next` and on may not. */
  position: Bytes
  /** Everything before this was written. */
  #next: Bytes
  readonly #end: Bytes
  readonly #response: ServerResponse
  readonly #fill: Fill
  readonly #pace: Pace | undefined
  /** The client has to take what was written before more is. */
  #isBlocked = false
  /** More may be written only later. */
  #isPaced = false
  #leave = (): void => {}

  constructor(socket: Socket, response: ServerResponse, fill: Fill, start: Bytes, end: Bytes) {
    this.#pace = paceOf(socket)
    this.#response = response
    this.#fill = fill
    this.position = start
    this.#next = start
    this.#end = end
  }

  start(): void {
    const { body } = this.#fill
    body.hold()
    this.#leave = this.#fill.follow(this)
    this.#response.on('drain', () => {
      this.#isBlocked = false
      this.changed()
    })
    this.#response.on('close', () => {
      this.#leave()
      body.release()
    })
    this.changed()
  }

  changed(): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    this.#writeOn()
    if (this.#isBlocked || this.#isPaced) return
    const { state, body } = this.#fill
    if (this.#next >= Math.min(this.#end, state === 'whole' ? body.length : this.#end)) this.#response.end()
    // A body that broke off must not look complete: the client sees the connection break.
    else if (state === 'broken') this.#response.destroy()
  }

  #writeOn(): void {
    const { body } = this.#fill
    const end = Math.min(this.#end, body.length)
    // Not corked: node:http does so by itself until the end of the turn, and where a response is corked and has no length, it
    // may ask to wait for a 'drain' that never comes.
    while (this.#next < end && this.#mayWrite())
      this.#write(body.slices(this.#next, Math.min(end, this.#next + blockSize)))
  }

  #mayWrite(): boolean {
    if (this.#isBlocked || this.#isPaced) return false
    if (this.#pace === undefined || this.#pace.mayWrite) return true
    this.#isPaced = true
    this.#pace.wait(() => {
      this.#isPaced = false
      this.changed()
    })
    return false
  }

  #write(slices: readonly Buffer[]): void {
    for (const slice of slices) {
      this.#next += slice.length
      this.#pace?.wrote(slice.length)
      this.#isBlocked = !this.#response.write(slice, () => this.#taken(slice.length))
      if (this.#isBlocked) return
    }
  }

  #taken(count: Bytes): void {
    this.position += count
    this.#fill.advanced()
  }
}

/** A stored response as a fill that is there already, for clients to whom it is sent at their pace. */
export function wholeFill(stored: StoredResponse): Fill {
  return { head: stored, body: stored.body, state: 'whole', follow: () => () => {}, advanced: () => {} }
}
