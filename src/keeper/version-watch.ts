import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { StoredResponse } from '../cache.ts'
import { fieldValue } from '../http/fields.ts'
import { originUpdated } from './events.ts'

/** A status is some hundred bytes; what is larger is none. */
const longest = 64 * 1024

/** Reads Owncast's version in every status that passes, and tells when it is another than before (owncast.md §1.1). */
export class VersionWatch {
  #version: string | undefined

  /** Undefined until a status has been seen. */
  get version(): string | undefined {
    return this.#version
  }

  note(status: StoredResponse): void {
    if (status.status !== 200) return
    const to = versionIn(status)
    if (to === undefined || to === this.#version) return
    const from = this.#version
    this.#version = to
    if (from !== undefined) originUpdated.publish({ from, to })
  }
}

function versionIn({ body, fields }: StoredResponse): string | undefined {
  if (body.length > longest) return undefined
  try {
    const text = decoded(Buffer.concat(body.views), fieldValue(fields, 'content-encoding'))
    const { versionNumber } = JSON.parse(text.toString()) as { versionNumber?: unknown }
    return typeof versionNumber === 'string' ? versionNumber : undefined
  } catch {
    // Not Owncast's status: nothing can be told from it.
    return undefined
  }
}

function decoded(bytes: Buffer, coding: string | undefined): Buffer {
  if (coding === 'br') return brotliDecompressSync(bytes, { maxOutputLength: longest })
  return coding === 'gzip' ? gunzipSync(bytes, { maxOutputLength: longest }) : bytes
}
