import { STATUS_CODES } from 'node:http'
import type { Bytes, StoredResponse } from '../../cache.ts'
import { type HitHead, hitHead } from '../send.ts'
import type { Lane } from './lane.ts'

/** Up to this length a body is copied behind its head: one buffer is written for less than two. */
export const smallBody: Bytes = 16_384

/** From the head of a second's hits to its bytes, with a small body behind it. */
const made = new WeakMap<HitHead, Buffer>()

/** What node:http would write for a plain hit on a connection that is kept: the head, and the body too where it is small. */
export function hitBytes(stored: StoredResponse, lane: Lane): Buffer {
  const head = hitHead(stored, lane.now())
  const known = made.get(head)
  if (known !== undefined) return known
  const bytes = Buffer.from(textOf(stored.status, [...head.fields, ...lane.keepAlive]), 'latin1')
  const whole = stored.length <= smallBody ? Buffer.concat([bytes, ...stored.body.views]) : bytes
  made.set(head, whole)
  return whole
}

function textOf(status: number, fields: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${text}\r\n`
}
