import type { Milliseconds } from '../cache.ts'
import type { AccessLog, AccessRecord } from '../server/access-log.ts'
import { type AccessFormat, accessLine } from './access-line.ts'
import type { Sink } from './log-file.ts'

/** Lines are written together: after this time, or as soon as so much has gathered. */
const gatherFor: Milliseconds = 100
const gatherMost = 64 * 1024
/** What may wait for a sink that does not keep up; lines beyond it are dropped and counted, so that viewers never wait for a disk. */
const waitMost = 8 * 1024 * 1024

export interface AccessWriterOptions {
  readonly format: AccessFormat
  readonly sink: Sink
  /** Called once when lines are being lost, until some could be written again. */
  readonly failed: (why: string) => void
}

/** The access log: makes a line of each response and writes many at a time. */
export class AccessWriter implements AccessLog {
  /** Lines that were lost because the sink did not take them. */
  dropped = 0
  readonly #options: AccessWriterOptions
  #gathered = ''
  #lines = 0
  #timer: NodeJS.Timeout | undefined
  /** The write that is under way. */
  #writing: Promise<void> | undefined
  #isFailing = false

  constructor(options: AccessWriterOptions) {
    this.#options = options
  }

  ended(record: AccessRecord): void {
    if (this.#gathered.length > waitMost) return this.#lose(1, 'the file does not keep up')
    this.#gathered += accessLine(this.#options.format, record)
    this.#lines++
    if (this.#gathered.length >= gatherMost) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), gatherFor).unref()
  }

  /** Writes what has gathered and closes the sink. */
  async close(): Promise<void> {
    await this.#writing
    this.#flush()
    await this.#writing
    await this.#options.sink.close()
  }

  #flush(): void {
    if (this.#writing !== undefined || this.#lines === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [text, lines] = [this.#gathered, this.#lines]
    this.#gathered = ''
    this.#lines = 0
    this.#writing = this.#write(text, lines).then(() => {
      this.#writing = undefined
      if (this.#gathered.length >= gatherMost) this.#flush()
      else if (this.#lines > 0) this.#timer ??= setTimeout(() => this.#flush(), gatherFor).unref()
    })
  }

  async #write(text: string, lines: number): Promise<void> {
    try {
      await this.#options.sink.write(text)
      this.#isFailing = false
    } catch (error) {
      this.#lose(lines, (error as Error).message)
    }
  }

  #lose(lines: number, why: string): void {
    this.dropped += lines
    if (this.#isFailing) return
    this.#isFailing = true
    this.#options.failed(why)
  }
}
