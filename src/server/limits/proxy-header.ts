import { isIP, SocketAddress } from 'node:net'
import type { Bytes } from '../../cache.ts'

/** What stands at the beginning of a connection from a proxy that speaks the PROXY protocol. */
export type ProxyHeader =
  | { readonly kind: 'partial' }
  | { readonly kind: 'invalid' }
  /** `source` is the address of the client; undefined where the proxy speaks for itself, as in a health check. */
  | { readonly kind: 'whole'; readonly length: Bytes; readonly source: string | undefined }

const partial: ProxyHeader = { kind: 'partial' }
const invalid: ProxyHeader = { kind: 'invalid' }

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const prefix = Buffer.from('PROXY ', 'latin1')
const longestLine: Bytes = 107
const fixedPart: Bytes = 16
/** Addresses and what load balancers add about TLS and themselves. */
const longestRest: Bytes = 4096

/** Reads the header, version 1 or 2, as haproxy.org/download/2.9/doc/proxy-protocol.txt defines it; nothing is guessed. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, signature)) return bytes.length < fixedPart ? partial : readBinary(bytes)
  if (begins(bytes, prefix)) return readLine(bytes)
  return invalid
}

/** Whether this is the beginning of that, or that of this. */
function begins(bytes: Buffer, expected: Buffer): boolean {
  const common = Math.min(bytes.length, expected.length)
  return bytes.subarray(0, common).equals(expected.subarray(0, common))
}

/** Version 1, §2.1. */
function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestLine).indexOf('\r\n')
  if (end < 0) return bytes.length < longestLine ? partial : invalid
  const length = end + 2
  const line = bytes.toString('latin1', prefix.length, end)
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return { kind: 'whole', length, source: undefined }
  const [, family, source = '', destination = '', ...ports] =
    /^TCP([46]) ([\da-f.:]+) ([\da-f.:]+) (\d{1,5}) (\d{1,5})$/i.exec(line) ?? []
  const isSound = [source, destination].every((address) => isIP(address) === Number(family))
  return isSound && ports.every((port) => Number(port) <= 65535) ? { kind: 'whole', length, source } : invalid
}

/** Version 2, §2.2. What follows the addresses is skipped. */
function readBinary(bytes: Buffer): ProxyHeader {
  const [version, command] = [(bytes[12] as number) >> 4, (bytes[12] as number) & 15]
  const rest = bytes.readUInt16BE(14)
  if (version !== 2 || command > 1 || rest > longestRest) return invalid
  const length = fixedPart + rest
  if (bytes.length < length) return partial
  if (command === 0) return { kind: 'whole', length, source: undefined }
  switch (bytes[13]) {
    case 0x11:
      return rest < 12 ? invalid : { kind: 'whole', length, source: [...bytes.subarray(16, 20)].join('.') }
    case 0x21:
      return rest < 36 ? invalid : { kind: 'whole', length, source: ipv6(bytes.subarray(16, 32)) }
    default:
      // Neither TCP over IPv4 nor over IPv6: the connection's own ends count (§2.2, UNSPEC).
      return { kind: 'whole', length, source: undefined }
  }
}

function ipv6(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return new SocketAddress({ family: 'ipv6', address: words.join(':') }).address
}
