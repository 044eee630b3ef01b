import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type BlockPool, Body, type Codings } from '../body.ts'
import type { Bytes, StoredResponse } from '../cache.ts'
import { fieldValue } from '../http/fields.ts'

/** A shorter one fits one packet anyway; a longer one takes its time. */
const shortest: Bytes = 256
const longest: Bytes = 2 * 1024 * 1024
/** What saves less than this part is not worth the decoding. */
const worthwhile = 0.9

const text =
  /^(text\/|application\/(json|javascript|xml|wasm|x-mpegurl|vnd\.apple\.mpegurl)|image\/svg)|\+(json|xml)\b/i

const brotli = promisify(brotliCompress)
const gzipped = promisify(gzip)

/** Compresses text once, when it is stored, so that no hit has to. Video never. */
export class Coder {
  readonly #pool: BlockPool
  /** Bodies that are being compressed: one may be stored again meanwhile. */
  readonly #underWay = new WeakSet<Body>()

  constructor(pool: BlockPool) {
    this.#pool = pool
  }

  /** Gives the body of a response its codings, where they are worth it; off the event loop's thread. */
  async code(response: StoredResponse): Promise<void> {
    const { body } = response
    if (body.codings !== undefined || this.#underWay.has(body) || !isWorthCoding(response)) return
    this.#underWay.add(body)
    body.hold()
    try {
      const bytes = Buffer.concat(body.views)
      const [br, gz] = await Promise.all([
        brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
        gzipped(bytes, { level: 6 })
      ])
      const codings = { ...this.#kept('br', br, bytes), ...this.#kept('gzip', gz, bytes) }
      if (Object.keys(codings).length > 0) body.own(codings)
    } finally {
      this.#underWay.delete(body)
      body.release()
    }
  }

  #kept(coding: keyof Codings, coded: Buffer, plain: Buffer): Codings {
    if (coded.length > plain.length * worthwhile) return {}
    return { [coding]: Body.of(this.#pool, coded) }
  }
}

function isWorthCoding({ status, fields, length }: StoredResponse): boolean {
  if (status !== 200 || length < shortest || length > longest) return false
  if (fieldValue(fields, 'content-encoding') !== undefined) return false
  if (/\bno-transform\b/i.test(fieldValue(fields, 'cache-control') ?? '')) return false
  return text.test(fieldValue(fields, 'content-type') ?? '')
}
