import { isIP } from 'node:net'
import type { RawFields } from './fields.ts'

const mappedDotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const mappedHex = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i

/**
 * An address as Owncast is to see it: IPv4 mapped into IPv6 as IPv4, because its bans compare strings exactly
 * (owncast.md §8.3), IPv6 in lower case, and no zone, which means nothing on another machine (RFC 4007 §6).
 */
export function unmapped(address: string): string {
  const zone = address.indexOf('%')
  const bare = zone === -1 ? address : address.slice(0, zone)
  const dotted = mappedDotted.exec(bare)
  if (dotted !== null) return dotted[1]!
  const hex = mappedHex.exec(bare)
  return hex === null ? bare.toLowerCase() : dottedOf(hex[1]!, hex[2]!)
}

function dottedOf(high: string, low: string): string {
  return [high, low]
    .flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255])
    .join('.')
}

/**
 * The address of the client that a request comes from: the peer, or what X-Forwarded-For says, read from the right as
 * long as each speaker `isTrusted`. Where a trusted one says something that is no address, that one is the last good one.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  isTrusted: (address: string) => boolean
): string {
  let address = unmapped(peer)
  if (forwardedFor === undefined) return address
  // Not a list with quoted strings: a client's lone quote would swallow what a proxy appended to it.
  for (const hop of forwardedFor.split(',').reverse()) {
    const claimed = isTrusted(address) ? addressIn(hop) : undefined
    if (claimed === undefined) return address
    address = claimed
  }
  return address
}

/** The address without brackets, quotes and port, or undefined if there is none in it. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim().replace(/^"(.*)"$/, '$1')
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1]
  const withoutPort = bracketed ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = unmapped(withoutPort)
  return isIP(address) === 0 ? undefined : address
}

/**
 * Fields that only the edge, or a proxy that the operator trusts, may say. Kept on purpose: Via, which every proxy
 * appends to and which grants nothing; Origin, Referer and X-Requested-With, which browsers send for themselves.
 */
const edgeOnly: ReadonlySet<string> = new Set([
  // Where the client is: what bans, geography and the viewer count go by.
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'fastly-client-ip',
  'fly-client-ip',
  'x-azure-clientip',
  'x-envoy-external-address',
  // Who the client is: said by a proxy that has checked a password.
  'remote-user',
  'x-remote-user',
  // What is asked for: would get a request past rules about hosts, paths and methods, and poison what is stored.
  'x-host',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override'
])

/**
 * Whether a client could pass itself off as something by this field; `name` in lower case. All of X-Forwarded-* is in
 * it: X-Forwarded-For counts as a viewer and X-Forwarded-User becomes a name in the chat (owncast.md §8.3, §8.5).
 */
export function isSpoofable(name: string): boolean {
  return name.startsWith('x-forwarded') || edgeOnly.has(name)
}

/** The client's fields without those that it may not say. */
export function withoutSpoofable(raw: RawFields): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (!isSpoofable(raw[i]!.toLowerCase())) kept.push(raw[i]!, raw[i + 1]!)
  }
  return kept
}
