import type { Bytes } from '../cache.ts'

export const PACKET: Bytes = 188
const header = Buffer.from([0x47, 0x1f, 0xff, 0x10])

/** Zero or more MPEG-TS null packets (PID 0x1fff), which players skip. */
function nullPackets(count: number): Buffer {
  const packets = Buffer.alloc(count * PACKET, 0xff)
  for (let at = 0; at < packets.length; at += PACKET) header.copy(packets, at)
  return packets
}

/** One null packet that says a name, so that no two segments have the same bytes although the clip repeats. */
export function namePacket(name: string): Buffer {
  const packet = nullPackets(1)
  packet.write(name.slice(0, PACKET - header.length), header.length, 'latin1')
  return packet
}

/** Null packets to fill segments up with; all segments share one buffer, made beforehand. */
export class Padding {
  readonly #packets: Buffer

  /** @param most how many bytes are taken at the most */
  constructor(most: Bytes) {
    this.#packets = nullPackets(Math.ceil(most / PACKET))
  }

  /** As many whole packets as fit into this many bytes. */
  take(bytes: Bytes): Buffer {
    return this.#packets.subarray(0, Math.max(0, Math.floor(bytes / PACKET)) * PACKET)
  }
}
