import { type FileHandle, open, stat } from 'node:fs/promises'
import { type Clock, type Milliseconds, systemClock } from '../cache.ts'

/** Where the lines of a log go. Rejects with the system's error where they cannot go there. */
export interface Sink {
  write(text: string): Promise<void>
  close(): Promise<void>
}

/** How often it is looked whether the file has been rotated away. */
const lookEvery: Milliseconds = 1000

/**
 * A file that is appended to and may be rotated in either way: when its name stands for another file than the one that is
 * open, or for none, it is opened anew; when it was cut to nothing, appending goes on at its start.
 */
export class LogFile implements Sink {
  readonly #path: string
  readonly #clock: Clock
  #file: FileHandle | undefined
  #lookedAt: Milliseconds = 0

  constructor(path: string, clock: Clock = systemClock) {
    this.#path = path
    this.#clock = clock
  }

  async write(text: string): Promise<void> {
    const file = await this.#current()
    await file.appendFile(text)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #current(): Promise<FileHandle> {
    const now = this.#clock.now()
    // A clock that was set back must not keep us from looking.
    if (this.#file !== undefined && Math.abs(now - this.#lookedAt) < lookEvery) return this.#file
    this.#lookedAt = now
    if (this.#file !== undefined && (await this.#isRotated(this.#file))) await this.close()
    this.#file ??= await open(this.#path, 'a', 0o640)
    return this.#file
  }

  async #isRotated(file: FileHandle): Promise<boolean> {
    const opened = await file.stat()
    try {
      const named = await stat(this.#path)
      return named.ino !== opened.ino || named.dev !== opened.dev
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return true
    }
  }
}

/** The standard output of the process. A reader that goes away loses lines, and nobody else anything. */
export function standardOutput(): Sink {
  const { stdout } = process
  const ignore = (): void => {}
  stdout.on('error', ignore)
  return {
    write: (text) =>
      new Promise((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve()))),
    close: async () => void stdout.off('error', ignore)
  }
}
