import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Why a request to the admin listener is not answered. */
export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly error: string
}

export interface Asked {
  readonly method: string
  /** Whether it may be answered without the token: /health, and the page's own files, which hold nothing. */
  readonly isOpen: boolean
  readonly headers: IncomingHttpHeaders
}

const unknownHost: Refusal = {
  status: 421,
  error: 'Open the dashboard by an address, as localhost, or by the name in --admin-host.'
}
const otherSite: Refusal = { status: 403, error: 'Another site may not order anything here.' }
const tokenNeeded: Refusal = { status: 401, error: 'Send the token as "Authorization: Bearer …".' }

/**
 * Decides who may use the admin listener: with a token set, whoever has it; without one, whoever reaches it, but no other
 * site by way of an operator's browser, neither by a name that leads here (DNS rebinding) nor by a form.
 */
export class Guard {
  readonly #names: ReadonlySet<string>
  #token: Buffer | undefined

  /** @param name the host that the listener is configured with, an address or a name */
  constructor(name: string, token: string | undefined) {
    this.#names = new Set(['localhost', name.toLowerCase()])
    this.use(token)
  }

  /** From now on asks for this token, or for none. */
  use(token: string | undefined): void {
    this.#token = token === undefined ? undefined : digest(token)
  }

  /** Undefined where the request is to be answered. */
  refusal({ method, isOpen, headers }: Asked): Refusal | undefined {
    if (isFromElsewhere(method, headers)) return otherSite
    if (isOpen) return undefined
    if (this.#token !== undefined) return this.#holds(headers.authorization) ? undefined : tokenNeeded
    return this.#isOurs(headers.host) ? undefined : unknownHost
  }

  /** Compares digests, which are of one length, in constant time. */
  #holds(authorization: string | undefined): boolean {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    return token !== undefined && this.#token !== undefined && timingSafeEqual(digest(token), this.#token)
  }

  #isOurs(host: string | undefined): boolean {
    const name = nameIn(host)
    return isIP(name) !== 0 || this.#names.has(name) || name.endsWith('.localhost')
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function nameIn(host = ''): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

/** Browsers say where an order comes from; whoever is no browser says nothing. */
function isFromElsewhere(
  method: string,
  { origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders
): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}
