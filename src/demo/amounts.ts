import type { Bytes } from '../cache.ts'

const multiples: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** Reads `20mbit`, `800kbit` or plain bits per second. Throws what it expected. */
export function readRate(text: string): number {
  return readAmount(text, 'bit', 'a rate such as 20mbit')
}

/** Reads `2mb`, `500kb` or plain bytes; the multiples are decimal. Throws what it expected. */
export function readBytes(text: string): Bytes {
  return readAmount(text, 'b', 'a size such as 2mb')
}

function readAmount(text: string, unit: string, expected: string): number {
  const [, number, prefix] = text.toLowerCase().match(`^(\\d+(?:\\.\\d+)?)(?:([kmg]?)${unit})?$`) ?? []
  if (number === undefined) throw new RangeError(`${JSON.stringify(text)} is not ${expected}`)
  return Math.round(Number(number) * multiples[prefix ?? '']!)
}
