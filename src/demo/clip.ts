import { readFile } from 'node:fs/promises'
import type { Bytes, Seconds } from '../cache.ts'
import { Retimer } from './retime.ts'

/** MPEG-TS cut into closed one-second pieces, which may be joined again in their order. */
export class Pieces {
  readonly #bytes: Buffer
  /** piece number → where it begins in the bytes; one more at the end: where the last one ends. */
  readonly #offsets: readonly Bytes[]
  readonly #retimer: Retimer

  constructor(bytes: Buffer, offsets: readonly Bytes[]) {
    this.#bytes = bytes
    this.#offsets = offsets
    this.#retimer = new Retimer(bytes, this.length)
  }

  get length(): Seconds {
    return this.#offsets.length - 1
  }

  /** The pieces from one second up to another, without copying them. */
  cut(from: Seconds, to: Seconds): Buffer {
    return this.#bytes.subarray(this.#offsets[from], this.#offsets[Math.min(to, this.length)])
  }

  /** The same from an endless repetition, in which times and counters go on; both seconds lie in one turn. */
  cutLoop(from: Seconds, to: Seconds): Buffer {
    const turn = Math.floor(from / this.length)
    const begin = turn * this.length
    return this.#retimer.move(this.cut(from - begin, to - begin), turn)
  }
}

export interface Variant {
  readonly name: string
  readonly resolution: string
  readonly codecs: string
  readonly clip: Pieces
  readonly offline: Pieces
}

const media = new URL('../../media/', import.meta.url)

async function readPieces(name: string): Promise<Pieces> {
  const [bytes, playlist] = await Promise.all([
    readFile(new URL(`${name}.ts`, media)),
    readFile(new URL(`${name}.m3u8`, media), 'utf8')
  ])
  const offsets = Array.from(playlist.matchAll(/#EXT-X-BYTERANGE:\d+@(\d+)/g), ([, at]) => Number(at))
  return new Pieces(bytes, [...offsets, bytes.length])
}

async function readVariant(name: string, resolution: string, codecs: string): Promise<Variant> {
  const [clip, offline] = await Promise.all([readPieces(name), readPieces(`offline-${name}`)])
  return { name, resolution, codecs, clip, offline }
}

/** Reads the two variants of the committed clip (media/README.md says how it was made). */
export function readClip(): Promise<readonly Variant[]> {
  return Promise.all([
    readVariant('360p', '640x360', 'avc1.4d401f,mp4a.40.2'),
    readVariant('180p', '320x180', 'avc1.4d4015,mp4a.40.2')
  ])
}
