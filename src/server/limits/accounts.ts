import type { Milliseconds, Visitor } from '../../cache.ts'
import { groupOf, isLocal } from './address-group.ts'
import { Bucket } from './bucket.ts'

/** Beyond these the oldest are forgotten: memory stays bounded from however many addresses requests come. */
const mostAccounts = 50_000

/** What those behind one address take. */
export class Account {
  connections = 0
  tunnels = 0
  readonly requests = new Bucket()
  readonly originRequests = new Bucket()
  /** False for those whom no limit per address is for. */
  readonly isLimited: boolean

  constructor(isLimited: boolean) {
    this.isLimited = isLimited
  }
}

/** What every address takes. Trusted proxies and addresses that are not of the Internet, behind which stand others, share one account without limits. */
export class Accounts {
  readonly #isTrusted: (address: string) => boolean
  readonly #unlimited = new Account(false)
  /** From the addresses that are taken for one to what they take. */
  readonly #accounts = new Map<string, Account>()
  /** From a visitor, as long as somebody keeps it, to the account of its address. */
  readonly #known = new WeakMap<Visitor, Account>()

  constructor(isTrusted: (address: string) => boolean) {
    this.#isTrusted = isTrusted
  }

  get size(): number {
    return this.#accounts.size
  }

  /** @param address bare, IPv4 not mapped into IPv6 */
  of(address: string): Account {
    if (isLocal(address) || this.#isTrusted(address)) return this.#unlimited
    const group = groupOf(address)
    const known = this.#accounts.get(group)
    if (known !== undefined) return known
    const account = new Account(true)
    this.#accounts.set(group, account)
    if (this.#accounts.size > mostAccounts) this.#dropOldest()
    return account
  }

  /** Cheapest where the same visitor comes as the same object. */
  ofVisitor(visitor: Visitor): Account {
    const known = this.#known.get(visitor)
    if (known !== undefined) return known
    const account = this.of(visitor.address)
    this.#known.set(visitor, account)
    return account
  }

  /** Forgets those of whom nothing is to be remembered. */
  sweep(now: Milliseconds): void {
    for (const [group, { connections, tunnels, requests, originRequests }] of this.#accounts) {
      const isIdle = connections === 0 && tunnels === 0
      if (isIdle && requests.isFull(now) && originRequests.isFull(now)) this.#accounts.delete(group)
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#accounts.keys()
    if (oldest !== undefined) this.#accounts.delete(oldest)
  }
}
