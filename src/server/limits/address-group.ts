import { BlockList, isIP } from 'node:net'

/** Loopback, private, shared and link-local addresses (RFC 6890): of proxies, containers and one's own network. */
const local = new BlockList()
for (const [network, length] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10]
] as const)
  local.addSubnet(network, length, 'ipv4')
local.addAddress('::1', 'ipv6')
local.addSubnet('fc00::', 7, 'ipv6')
local.addSubnet('fe80::', 10, 'ipv6')

/** Whether an address is not one of the Internet: many may stand behind it, and it is the operator's own. */
export function isLocal(address: string): boolean {
  return local.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Whom limits take for one: an IPv4 address, or the 64 bits of IPv6 that a household has at least (RFC 6177). */
export function groupOf(address: string): string {
  if (!address.includes(':')) return address
  const [before = '', after = ''] = address.split('::')
  const start = before.split(':')
  const end = after.split(':')
  if (!address.includes('::') || start.length >= 4) return start.slice(0, 4).join(':')
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => '0')
  return [...start, ...zeros, ...end]
    .slice(0, 4)
    .map((word) => word || '0')
    .join(':')
}
