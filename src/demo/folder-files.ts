import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seconds } from '../cache.ts'
import type { Channel } from './channel.ts'
import type { HlsFile, HlsFiles } from './files.ts'
import { appendOffline } from './playlists.ts'

/** Error codes of the file system for a path where there is no file. */
const missing = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** A folder that FFmpeg is writing live HLS into; the offline clip is what `otherwise` has. */
export class FolderFiles implements HlsFiles {
  readonly #folder: string
  readonly #channel: Channel
  readonly #otherwise: HlsFiles
  readonly #offline: Seconds

  /** @param offline how long the offline clip of `otherwise` is */
  constructor(folder: string, channel: Channel, otherwise: HlsFiles, offline: Seconds) {
    this.#folder = folder
    this.#channel = channel
    this.#otherwise = otherwise
    this.#offline = offline
  }

  async find(path: string): Promise<HlsFile | undefined> {
    const phase = this.#channel.phase()
    if (phase.kind === 'wiped' || phase.kind === 'offline') return this.#otherwise.find(path)
    if (phase.kind === 'live') return this.#read(path)
    if (path.endsWith('/offline.ts')) return this.#otherwise.find(path)
    const file = await this.#read(path)
    if (file === undefined || !path.endsWith('/stream.m3u8')) return file
    const playlist = Buffer.concat(file.body).toString()
    return { body: [Buffer.from(appendOffline(playlist, this.#offline))], modifiedAt: phase.at }
  }

  async #read(path: string): Promise<HlsFile | undefined> {
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
