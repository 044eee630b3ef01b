import { performance } from 'node:perf_hooks'
import type { Writable } from 'node:stream'
import type { Bytes, Milliseconds } from '../cache.ts'

const STEP: Milliseconds = 5

interface Job {
  readonly to: Writable
  readonly bytes: Buffer
  at: Bytes
  readonly sent: Sent
  readonly done: () => void
}

/** Told of every step: how many bytes have just been handed over. */
export type Sent = (bytes: Bytes) => void

/** The line out of the house: one bandwidth that all responses share, fairly, in small steps. */
export class Uplink {
  /** Bits per second, 0 for no limit; may change while bodies are on their way. */
  rate: number
  readonly #jobs: Job[] = []
  #timer: NodeJS.Timeout | undefined
  #steppedAt: Milliseconds = 0
  #credit: Bytes = 0

  constructor(rate: number) {
    this.rate = rate
  }

  /** Sends bytes; resolves when the last has been handed over, or as soon as the other side is gone. */
  send(to: Writable, bytes: Buffer, sent: Sent): Promise<void> {
    if (to.destroyed || bytes.length === 0) return Promise.resolve()
    if (this.rate === 0) return write(to, bytes, sent)
    return new Promise((resolve) => {
      this.#jobs.push({ to, bytes, at: 0, sent, done: resolve })
      this.#start()
    })
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#steppedAt = performance.now()
    this.#credit = 0
    this.#timer = setInterval(() => this.#step(), STEP)
  }

  #step(): void {
    const now = performance.now()
    const rate = this.rate === 0 ? Number.POSITIVE_INFINITY : this.rate
    this.#credit += ((now - this.#steppedAt) * rate) / 8000
    this.#steppedAt = now
    this.#removeFinished()
    if (this.#jobs.length === 0) return this.#stop()
    const ready = this.#jobs.filter(({ to }) => !to.writableNeedDrain)
    ready.forEach((job, index) => {
      this.#push(job, Math.floor(this.#credit / (ready.length - index)))
    })
    // What nobody could take is lost, as on a real line. A late timer loses nothing, nor does the end of a part: the next
    // part of the same body gets what was left.
    if (ready.length === 0) this.#credit = 0
    this.#removeFinished()
  }

  #push(job: Job, share: Bytes): void {
    const part = job.bytes.subarray(job.at, job.at + share)
    if (part.length === 0) return
    job.to.write(part)
    job.at += part.length
    this.#credit -= part.length
    job.sent(part.length)
  }

  #removeFinished(): void {
    for (let index = this.#jobs.length - 1; index >= 0; index--) {
      const job = this.#jobs[index]!
      if (!job.to.destroyed && job.at < job.bytes.length) continue
      this.#jobs.splice(index, 1)
      job.done()
    }
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

function write(to: Writable, bytes: Buffer, sent: Sent): Promise<void> {
  return new Promise((resolve) => {
    sent(bytes.length)
    if (to.write(bytes)) return resolve()
    const done = () => {
      to.off('drain', done).off('close', done)
      resolve()
    }
    to.on('drain', done).on('close', done)
  })
}
