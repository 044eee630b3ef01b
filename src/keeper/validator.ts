import { createHash } from 'node:crypto'
import type { Body } from '../body.ts'
import type { Bytes, ResponseHead } from '../cache.ts'

/** Longer ones would take too long at once; what is that long nearly always comes with a validator. */
const longest: Bytes = 1024 * 1024

/** The head with a strong entity-tag made of the body. */
export function withEtag<T extends Pick<ResponseHead, 'fields'>>(head: T, body: Body): T & { etag: string } {
  const hash = createHash('sha1')
  for (const view of body.views) hash.update(view)
  const etag = `"${hash.digest('base64url')}"`
  return { ...head, etag, fields: [...head.fields, 'ETag', etag] }
}

/** Whether a whole response came without anything to recognise it by, and is short enough to get something here. */
export function lacksValidator({ status, etag, lastModified }: ResponseHead, body: Body): boolean {
  return status === 200 && etag === undefined && lastModified === undefined && body.length <= longest
}
