import type { Bytes, Seconds } from '../cache.ts'
import { PACKET } from './null-packets.ts'

const CLOCK = 90_000
const WRAP = 2 ** 33

/**
 * Moves MPEG-TS packets to a later turn of a loop: presentation, decoding and program clocks (ISO/IEC 13818-1 §2.4.3) go on
 * where the turn before ended, and so do the continuity counters, as if the encoder had never stopped.
 */
export class Retimer {
  readonly #length: Seconds
  /** packet identifier → packets with a payload in one turn, which is how far its counter gets */
  readonly #packets = new Map<number, number>()

  /** Takes all bytes of the loop, and how long it is. */
  constructor(loop: Buffer, length: Seconds) {
    this.#length = length
    for (let at = 0; at < loop.length; at += PACKET) {
      const pid = pidAt(loop, at)
      if (hasPayload(loop, at)) this.#packets.set(pid, (this.#packets.get(pid) ?? 0) + 1)
    }
  }

  /** The same packets, copied, in a turn counted from 0. */
  move(packets: Buffer, turn: number): Buffer {
    if (turn === 0) return packets
    const moved = Buffer.from(packets)
    const later = turn * this.#length * CLOCK
    for (let at = 0; at < moved.length; at += PACKET) {
      this.#count(moved, at, turn)
      const payload = at + 4 + moveProgramClock(moved, at, later)
      // payload_unit_start_indicator: a PES packet begins here, or the section of a table, which has no times.
      if ((moved[at + 1]! & 0x40) !== 0) moveTimestamps(moved, payload, later)
    }
    return moved
  }

  #count(bytes: Buffer, at: Bytes, turn: number): void {
    const counter = (bytes[at + 3]! & 0x0f) + turn * (this.#packets.get(pidAt(bytes, at)) ?? 0)
    bytes[at + 3] = (bytes[at + 3]! & 0xf0) | (counter & 0x0f)
  }
}

function pidAt(bytes: Buffer, at: Bytes): number {
  return bytes.readUInt16BE(at + 1) & 0x1fff
}

function hasPayload(bytes: Buffer, at: Bytes): boolean {
  return (bytes[at + 3]! & 0x10) !== 0
}

/** Moves the clock in the adaptation field, if there is one, and returns how long that field is. */
function moveProgramClock(bytes: Buffer, at: Bytes, later: number): Bytes {
  if ((bytes[at + 3]! & 0x20) === 0) return 0
  const length = bytes[at + 4]!
  if (length > 0 && (bytes[at + 5]! & 0x10) !== 0) {
    const clock = bytes.readUInt32BE(at + 6) * 2 + (bytes[at + 10]! >> 7)
    const moved = (clock + later) % WRAP
    bytes.writeUInt32BE(Math.floor(moved / 2), at + 6)
    bytes[at + 10] = (bytes[at + 10]! & 0x7f) | ((moved % 2) << 7)
  }
  return length + 1
}

function moveTimestamps(bytes: Buffer, at: Bytes, later: number): void {
  if (bytes.readUIntBE(at, 3) !== 1) return
  const which = bytes[at + 7]! >> 6
  if (which >= 2) moveTimestamp(bytes, at + 9, later)
  if (which === 3) moveTimestamp(bytes, at + 14, later)
}

/** 33 bits in five bytes, with a marker after the third, the eighteenth and the last. */
function moveTimestamp(bytes: Buffer, at: Bytes, later: number): void {
  const high = (bytes[at]! >> 1) & 0x07
  const time =
    high * 2 ** 30 + (bytes.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (bytes.readUInt16BE(at + 3) >> 1)
  const moved = (time + later) % WRAP
  bytes[at] = (bytes[at]! & 0xf1) | (Math.floor(moved / 2 ** 30) << 1)
  bytes.writeUInt16BE(((Math.floor(moved / 2 ** 15) % 2 ** 15) << 1) | 1, at + 1)
  bytes.writeUInt16BE(((moved % 2 ** 15) << 1) | 1, at + 3)
}
