import type { Milliseconds } from '../cache.ts'
import type { Rope } from './rope.ts'

/** A file below data/hls. */
export interface HlsFile {
  readonly body: Rope
  readonly modifiedAt: Milliseconds
}

/** What lies in data/hls at this moment, by its path below it, such as `0/stream.m3u8`. */
export interface HlsFiles {
  find(path: string): Promise<HlsFile | undefined> | HlsFile | undefined
}
