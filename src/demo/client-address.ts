import type { IncomingMessage } from 'node:http'

/**
 * The address that Owncast takes a request to come from: the text before the first comma and space of the first
 * X-Forwarded-For line, which it believes from anybody, otherwise the peer's (utils/clientId.go, GetIPAddressFromRequest).
 */
export function clientAddress(request: IncomingMessage): string {
  const forwarded = request.headersDistinct['x-forwarded-for']?.[0]
  if (forwarded !== undefined && forwarded !== '') return withoutPort(forwarded.split(', ')[0]!)
  return request.socket.remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '') ?? ''
}

/** Takes a port off. A bare IPv6 address is left as it is; what cannot be read as an address with a port is ''. */
function withoutPort(address: string): string {
  const colons = address.split(':').length - 1
  if (colons === 0 || (colons > 1 && !address.includes('['))) return address
  return (
    address
      .match(/^(?:\[([^\]]*)\]|([^:[\]]*)):\d*$/)
      ?.slice(1)
      .find((host) => host !== undefined) ?? ''
  )
}
