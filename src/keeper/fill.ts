import type { Body } from '../body.ts'
import type { Bytes, Fill, FillReader, ResponseHead, Unsubscribe } from '../cache.ts'
import type { Flow } from './origin.ts'

/**
 * A body that is sent while it arrives. The flight that fetches it writes; any number of readers follow, each at its own
 * pace. Readers are told once per turn of the event loop, however many pieces came in it.
 */
export class ArrivingFill implements Fill {
  readonly head: ResponseHead
  readonly body: Body
  #state: Fill['state'] = 'arriving'
  readonly #readers = new Set<FillReader>()
  #toTell = false
  /** Set when the body turned out too large to keep: how much of it may be held at a time, and the reins of its origin. */
  #window: { readonly most: Bytes; readonly flow: Flow } | undefined

  constructor(head: ResponseHead, body: Body) {
    this.head = head
    this.body = body
  }

  get state(): Fill['state'] {
    return this.#state
  }

  get readers(): number {
    return this.#readers.size
  }

  follow(reader: FillReader): Unsubscribe {
    this.#readers.add(reader)
    return () => {
      this.#readers.delete(reader)
      this.advanced()
    }
  }

  append(bytes: Uint8Array): void {
    this.body.append(bytes)
    this.advanced()
    if (this.#toTell) return
    this.#toTell = true
    setImmediate(() => this.#tell())
  }

  /** From now on no more than `most` bytes are held: what all have read goes, and the origin waits for the slowest. */
  narrow(most: Bytes, flow: Flow): void {
    this.#window = { most, flow }
    this.advanced()
  }

  advanced(): void {
    if (this.#window === undefined || this.#state !== 'arriving') return
    const { most, flow } = this.#window
    if (this.#readers.size === 0) return flow.abort()
    let slowest = this.body.length
    for (const { position } of this.#readers) slowest = Math.min(slowest, position)
    this.body.dropBefore(slowest)
    if (this.body.length - slowest > most) flow.pause()
    else flow.resume()
  }

  finish(state: 'whole' | 'broken'): void {
    this.#state = state
    this.#tell()
  }

  #tell(): void {
    this.#toTell = false
    for (const reader of this.#readers) reader.changed()
  }
}
