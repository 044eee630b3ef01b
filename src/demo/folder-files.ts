import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Channel } from './channel.ts'
import type { HlsFile, HlsFiles } from './files.ts'

/** Error codes of the file system for a path where there is no file. */
const missing = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** A folder that FFmpeg is writing live HLS into; while nobody is connected, what `otherwise` has. */
export class FolderFiles implements HlsFiles {
  readonly #folder: string
  readonly #channel: Channel
  readonly #otherwise: HlsFiles

  constructor(folder: string, channel: Channel, otherwise: HlsFiles) {
    this.#folder = folder
    this.#channel = channel
    this.#otherwise = otherwise
  }

  async find(path: string): Promise<HlsFile | undefined> {
    if (this.#channel.phase().kind !== 'live') return this.#otherwise.find(path)
    const file = join(this.#folder, path)
    try {
      const [body, { mtimeMs }] = await Promise.all([readFile(file), stat(file)])
      return { body: [body], modifiedAt: mtimeMs }
    } catch (error) {
      if (missing.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    }
  }
}
