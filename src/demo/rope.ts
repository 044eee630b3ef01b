import type { Bytes } from '../cache.ts'

/** A body in parts that are sent one after another and never joined, since segments share most of their bytes. */
export type Rope = readonly Buffer[]

export function ropeLength(rope: Rope): Bytes {
  return rope.reduce((sum, part) => sum + part.length, 0)
}

/** The bytes from one position up to another (or the end), without copying them. */
export function cutRope(rope: Rope, from: Bytes, to: Bytes): Rope {
  const parts: Buffer[] = []
  let at = 0
  for (const part of rope) {
    const cut = part.subarray(Math.max(0, from - at), Math.max(0, to - at))
    if (cut.length > 0) parts.push(cut)
    at += part.length
  }
  return parts
}
