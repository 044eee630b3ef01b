import type { Bytes } from './cache.ts'

/** The size of the pieces that bodies are kept in. Smaller bodies get one piece of their own size. */
export const blockSize: Bytes = 64 * 1024
/** The pieces of as much of a body as is known to fill them: whoever is sent it at once waits with fewer. */
export const largeBlockSize: Bytes = 4 * blockSize

/**
 * The memory of all bodies: counts what they take and keeps blocks that nobody holds any more for the next body, so that
 * gigabytes may pass through a small cache without waiting for the collector.
 */
export class BlockPool {
  /** Bytes held by bodies now. */
  held: Bytes = 0
  /** Bytes that bodies which are arriving will still take. */
  promised: Bytes = 0
  /** Blocks to be used again. */
  readonly #small: Buffer[] = []
  readonly #large: Buffer[] = []
  #most: Bytes = 0

  /** @param limit for how many bytes blocks are kept, and a quarter more: bodies that leave may overlap those that come */
  constructor(limit: Bytes) {
    this.limit(limit)
  }

  /** From now on keeps blocks for so many bytes. */
  limit(limit: Bytes): void {
    this.#most = limit * 1.25
    while (this.#kept > this.#most) (this.#large.length > 0 ? this.#large : this.#small).pop()
  }

  take(size: Bytes): Buffer {
    const block = this.#freeOf(size)?.pop() ?? Buffer.allocUnsafeSlow(size)
    this.held += size
    return block
  }

  give(block: Buffer): void {
    this.held -= block.length
    if (this.held + this.#kept + block.length <= this.#most) this.#freeOf(block.length)?.push(block)
  }

  get #kept(): Bytes {
    return this.#small.length * blockSize + this.#large.length * largeBlockSize
  }

  #freeOf(size: Bytes): Buffer[] | undefined {
    if (size === blockSize) return this.#small
    return size === largeBlockSize ? this.#large : undefined
  }
}

/** The same bytes, compressed. */
export interface Codings {
  readonly br?: Body
  readonly gzip?: Body
}

/**
 * The bytes of a response in blocks, shared by all who send them. Born with one holder; the blocks go back to the pool
 * when the last holder has released it, so whoever reads must hold.
 */
export class Body {
  /** How many bytes have been written. */
  length: Bytes = 0
  readonly #pool: BlockPool
  readonly #blocks: Buffer[] = []
  readonly #expected: Bytes
  /** How much of the stated length has not come yet. */
  #promised: Bytes
  #holders = 1
  /** Bytes at the start that were given back already; a multiple of the block size. */
  #dropped: Bytes = 0
  #views: readonly Buffer[] | undefined
  #codings: Codings | undefined

  /** @param expected the length of the whole body where it is known */
  constructor(pool: BlockPool, expected?: Bytes) {
    this.#pool = pool
    this.#promised = expected ?? 0
    pool.promised += this.#promised
    this.#expected = expected ?? 0
  }

  static of(pool: BlockPool, bytes: Uint8Array): Body {
    const body = new Body(pool, bytes.length)
    body.append(bytes)
    return body
  }

  /** The memory it takes, which is more than its length. */
  get size(): Bytes {
    let size = 0
    for (const block of this.#blocks) size += block.length
    return size + (this.#codings?.br?.size ?? 0) + (this.#codings?.gzip?.size ?? 0)
  }

  /** What it is sent as to those who can decode it, where there is such. */
  get codings(): Codings | undefined {
    return this.#codings
  }

  /** Takes over the hold on its codings: they go with it. */
  own(codings: Codings): void {
    this.#codings = codings
  }

  append(bytes: Uint8Array): void {
    this.#views = undefined
    this.#keepPromise(Math.min(this.#promised, bytes.length))
    let from = 0
    while (from < bytes.length) {
      const { block, at } = this.#tail()
      const count = Math.min(block.length - at, bytes.length - from)
      block.set(from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count), at)
      from += count
      this.length += count
    }
  }

  /** The bytes from `start` up to `end` (not included) as views of the blocks, none longer than `most`; nothing is copied. */
  slices(start: Bytes, end: Bytes, most: Bytes = largeBlockSize): Buffer[] {
    const slices: Buffer[] = []
    let at = this.#dropped
    for (const block of this.#blocks) {
      const to = Math.min(end - at, block.length)
      for (let from = Math.max(start - at, 0); from < to; from += most)
        slices.push(block.subarray(from, Math.min(from + most, to)))
      at += block.length
    }
    return slices
  }

  /** The whole body as views, made once: the way of every hit. */
  get views(): readonly Buffer[] {
    this.#views ??= this.slices(0, this.length)
    return this.#views
  }

  /** The body as text. Copies; for playlists and other small bodies. */
  text(): string {
    return Buffer.concat(this.views).toString('utf8')
  }

  hold(): void {
    if (this.#holders === 0) throw new Error('a body was to be read after it had been given back')
    this.#holders++
  }

  release(): void {
    this.#holders--
    if (this.#holders > 0) return
    this.#keepPromise(this.#promised)
    this.dropBefore(Number.POSITIVE_INFINITY)
    this.#views = undefined
    this.#codings?.br?.release()
    this.#codings?.gzip?.release()
    this.#codings = undefined
  }

  /** Gives back the blocks that end before `offset`: for a body too large to keep, read by those who are there already. */
  dropBefore(offset: Bytes): void {
    for (;;) {
      const block = this.#blocks[0]
      if (block === undefined || this.#dropped + block.length > offset) return
      this.#dropped += block.length
      this.#blocks.shift()
      this.#pool.give(block)
    }
  }

  #keepPromise(bytes: Bytes): void {
    this.#promised -= bytes
    this.#pool.promised -= bytes
  }

  #tail(): { block: Buffer; at: Bytes } {
    let capacity = this.#dropped
    for (const block of this.#blocks) capacity += block.length
    const last = this.#blocks.at(-1)
    if (last !== undefined && this.length < capacity)
      return { block: last, at: last.length - (capacity - this.length) }
    const block = this.#pool.take(this.#nextSize)
    this.#blocks.push(block)
    return { block, at: 0 }
  }

  get #nextSize(): Bytes {
    const left = this.#expected - this.length
    if (left >= largeBlockSize) return largeBlockSize
    return this.length === 0 && left > 0 && left < blockSize ? left : blockSize
  }
}
