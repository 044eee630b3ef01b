import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Visitor } from '../cache.ts'
import { clientAddress, unmapped } from '../http/forwarded.ts'

/** Whom to believe about where a client is: the socket, and behind the operator's own proxies what they say. */
export class Trust {
  readonly #proxies = new BlockList()
  readonly #isEmpty: boolean

  /** @param networks addresses and CIDRs, already checked */
  constructor(networks: readonly string[]) {
    this.#isEmpty = networks.length === 0
    for (const network of networks) {
      const [address = '', length] = network.split('/')
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
      if (length === undefined) this.#proxies.addAddress(address, family)
      else this.#proxies.addSubnet(address, Number(length), family)
    }
  }

  readonly isTrusted = (address: string): boolean => {
    if (this.#isEmpty) return false
    return this.#proxies.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }

  /** One bare address, as Owncast compares it (owncast.md §8.3). */
  addressOf(request: IncomingMessage): string {
    const forwardedFor = request.headers['x-forwarded-for'] as string | undefined
    return clientAddress(request.socket.remoteAddress ?? '', forwardedFor, this.isTrusted)
  }

  visitorOf(request: IncomingMessage): Visitor {
    return { address: this.addressOf(request), userAgent: request.headers['user-agent'] }
  }

  /** The scheme the client used: a trusted proxy in front may have ended its TLS. */
  schemeOf(request: IncomingMessage): 'http' | 'https' {
    const said = request.headers['x-forwarded-proto']
    if (said === 'https' && this.isTrusted(unmapped(request.socket.remoteAddress ?? ''))) return 'https'
    return 'encrypted' in request.socket ? 'https' : 'http'
  }
}
