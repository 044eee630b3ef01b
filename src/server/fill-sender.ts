import type { ServerResponse } from 'node:http'
import type { Bytes, Fill, FillReader } from '../cache.ts'

/** Sends one fill to one client: what is there at once, what comes as it comes, never more than the client takes. */
export class FillSender implements FillReader {
  position: Bytes
  readonly #end: Bytes
  readonly #response: ServerResponse
  readonly #fill: Fill
  #isBlocked = false
  #leave = (): void => {}

  constructor(response: ServerResponse, fill: Fill, start: Bytes, end: Bytes) {
    this.#response = response
    this.#fill = fill
    this.position = start
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
    this.#response.once('close', () => {
      this.#leave()
      body.release()
    })
    this.changed()
  }

  changed(): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    this.#writeOn()
    if (this.#isBlocked) return
    const { state, body } = this.#fill
    if (this.position >= Math.min(this.#end, state === 'whole' ? body.length : this.#end))
      this.#response.end()
    // A body that broke off must not look complete: the client sees the connection break.
    else if (state === 'broken') this.#response.destroy()
  }

  #writeOn(): void {
    const { body } = this.#fill
    const end = Math.min(this.#end, body.length)
    if (this.#isBlocked || this.position >= end) return
    this.#response.cork()
    for (const slice of body.slices(this.position, end)) {
      this.position += slice.length
      if (!this.#response.write(slice)) {
        this.#isBlocked = true
        break
      }
    }
    this.#response.uncork()
    this.#fill.advanced()
  }
}
