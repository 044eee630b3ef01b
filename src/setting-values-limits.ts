import { InvalidArgumentError } from 'commander'
import type { Bytes, Milliseconds } from './cache.ts'

// How the text of a limit becomes its value: each may be switched off, and is Infinity then.

const off = /^(off|no|false|0)$/i

/** A whole number from 1. */
export function readMost(text: string): number {
  if (off.test(text)) return Number.POSITIVE_INFINITY
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('a whole number from 1, or off')
  return Number(text)
}

/** Bytes of a request head. */
export function readHeadSize(text: string): Bytes {
  if (off.test(text)) return Number.POSITIVE_INFINITY
  const [, number, unit] = /^(\d{1,7})\s*(b|kb|kib)?$/i.exec(text.trim()) ?? []
  const size = Number(number) * ({ kb: 1000, kib: 1024 }[unit?.toLowerCase() ?? ''] ?? 1)
  if (!(size >= 1024 && size <= 1e6))
    throw new InvalidArgumentError('a size from 1KiB to 1000KB, such as 16KiB, or off')
  return size
}

/** How long something may take. */
export function readPatience(text: string): Milliseconds {
  if (off.test(text)) return Number.POSITIVE_INFINITY
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m)$/.exec(text.trim()) ?? []
  const time = Number(number) * (unit === 'm' ? 60_000 : unit === 's' ? 1000 : 1)
  if (!(time >= 10 && time <= 3_600_000))
    throw new InvalidArgumentError('a time from 10ms to 60m, such as 500ms, 10s or 2m, or off')
  return time
}

const multiples: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 }

/** Bytes per second, from bits per second as lines are sold, or from bytes. */
export function readRate(text: string): Bytes {
  if (off.test(text)) return Number.POSITIVE_INFINITY
  const [, number, multiple = '', unit] =
    /^(\d+(?:\.\d+)?)\s*([kmg])(bit|bps|bit\/s|b\/s|b)$/i.exec(text.trim()) ?? []
  const isBits = unit !== undefined && /^b(it|ps)/i.test(unit)
  const rate = Math.round((Number(number) * (multiples[multiple.toLowerCase()] ?? 1)) / (isBits ? 8 : 1))
  if (!(rate >= 100 && rate <= 1e12))
    throw new InvalidArgumentError('a rate such as 32kbit, 100mbit, 1gbit (or 12MB for bytes), or off')
  return rate
}
