import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import type { Visitor } from '../cache.ts'
import { clientAddress, unmapped } from '../http/forwarded.ts'

/** Whom to believe about where a client is: the socket, and behind the operator's own proxies what they say. */
export class Trust {
  #proxies = new BlockList()
  #isEmpty = true
  /** From a connection to who came by it last, and what was said of them. */
  #visitors = new WeakMap<Socket, { forwardedFor: string | undefined; visitor: Visitor }>()

  /** @param networks addresses and CIDRs, already checked */
  constructor(networks: readonly string[]) {
    this.replace(networks)
  }

  /** From now on believes these. */
  replace(networks: readonly string[]): void {
    this.#proxies = new BlockList()
    this.#visitors = new WeakMap()
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
    return this.#addressOf(request.socket, request.headers['x-forwarded-for'] as string | undefined)
  }

  /** The same object for the requests of one connection, as long as they say the same. */
  visitorOf({ socket, headers }: IncomingMessage): Visitor {
    const userAgent = headers['user-agent']
    const forwardedFor = headers['x-forwarded-for'] as string | undefined
    const known = this.#visitors.get(socket)
    if (known !== undefined && known.visitor.userAgent === userAgent && known.forwardedFor === forwardedFor)
      return known.visitor
    const visitor = { address: this.#addressOf(socket, forwardedFor), userAgent }
    this.#visitors.set(socket, { forwardedFor, visitor })
    return visitor
  }

  /** The scheme the client used: a trusted proxy in front may have ended its TLS. */
  schemeOf(request: IncomingMessage): 'http' | 'https' {
    const said = request.headers['x-forwarded-proto']
    if (said === 'https' && this.isTrusted(unmapped(request.socket.remoteAddress ?? ''))) return 'https'
    return 'encrypted' in request.socket ? 'https' : 'http'
  }

  #addressOf(socket: Socket, forwardedFor: string | undefined): string {
    return clientAddress(socket.remoteAddress ?? '', forwardedFor, this.isTrusted)
  }
}
