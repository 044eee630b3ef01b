import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { Bytes } from '../cache.ts'
import { type Rope, ropeLength } from './rope.ts'

type Compressor = (bytes: Buffer) => Promise<Buffer>

const MIN_SIZE: Bytes = 200
const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
const deflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflate)
const brotli = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)
const quickly = { level: 1 }

/** Coding → its compressor, in the order in which httpcompression prefers them. Zstandard only where Node has it. */
const compressors = new Map<string, Compressor>([
  ...zstandard(),
  ['br', (bytes) => brotli(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } })],
  ['gzip', (bytes) => gzip(bytes, quickly)],
  ['deflate', (bytes) => deflate(bytes, quickly)]
])

function zstandard(): [string, Compressor][] {
  const compress: unknown = Reflect.get(zlib, 'zstdCompress')
  if (typeof compress !== 'function') return []
  return [
    [
      'zstd',
      promisify(compress as (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void)
    ]
  ]
}

/** The coding that Owncast would use for an Accept-Encoding, whether or not the body is long enough for it. */
export function codingFor(acceptEncoding: string | undefined): string | undefined {
  const accepted = new Set<string>()
  for (const element of acceptEncoding?.split(',') ?? []) {
    const [coding = '', ...parameters] = element
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(coding)
  }
  return [...compressors.keys()].find((coding) => accepted.has(coding))
}

/** Compresses a body, whatever its type; undefined when it is too short to be worth it. */
export async function compress(coding: string, body: Rope): Promise<Buffer | undefined> {
  if (ropeLength(body) < MIN_SIZE) return undefined
  return compressors.get(coding)?.(Buffer.concat(body))
}
