import type { Bytes, Milliseconds } from '../../cache.ts'

/** Shares of the line: from the first on nobody new is admitted, until the second is reached. */
const fullAt = 0.9
const freeAt = 0.8
/** A segment of some seconds goes out in bursts: this is how long it takes until a change counts for two thirds. */
const memory: Milliseconds = 5000
/** What a viewer takes, as long as too few are here to tell: Owncast's best usual variant, per second. */
const usualShare: Bytes = 500_000
const enoughToTell = 5

/** How full the line to the viewers is: by what was sent lately, and by what those will take who have come since. */
export class Egress {
  /** Bytes per second. */
  rate = 0
  #most: Bytes
  #isFull = false
  /** As many as there were when the rate was what it is taken for: averaged like it. */
  #averageViewers = 0
  #viewers = 0
  /** Since the last measurement. */
  #admitted = 0
  #sent: Bytes | undefined
  #measuredAt: Milliseconds = 0

  /** @param most bytes per second */
  constructor(most: Bytes) {
    this.#most = most
  }

  /** From now on takes the line for so wide. */
  limit(most: Bytes): void {
    this.#most = most
    this.#isFull = false
  }

  /** @param sent what all connections have taken since the start @param viewers how many are here */
  measure(now: Milliseconds, sent: Bytes, viewers: number): void {
    const took = now - this.#measuredAt
    if (this.#sent !== undefined && took > 0) {
      const weight = 1 - Math.exp(-took / memory)
      const rate = Math.max(0, ((sent - this.#sent) * 1000) / took)
      this.rate += (rate - this.rate) * weight
      this.#averageViewers += (viewers - this.#averageViewers) * weight
    }
    this.#sent = sent
    this.#measuredAt = now
    this.#viewers = viewers
    this.#admitted = 0
    if (this.#expected() < this.#most * freeAt) this.#isFull = false
  }

  /** Whether one more viewer fits, who then counts as admitted. */
  admits(): boolean {
    if (this.#most === Number.POSITIVE_INFINITY) return true
    if (this.#expected() >= this.#most * fullAt) this.#isFull = true
    if (this.#isFull) return false
    this.#admitted++
    return true
  }

  /** What was sent tells too little while a crowd comes. */
  #expected(): Bytes {
    const isKnown = this.#averageViewers >= enoughToTell
    const share = isKnown ? this.rate / this.#averageViewers : usualShare
    return Math.max(this.rate, (this.#viewers + this.#admitted) * share)
  }
}
