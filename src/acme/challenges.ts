/** Where a CA looks for an answer (RFC 8555 §8.3). */
const prefix = '/.well-known/acme-challenge/'

/** What CAs are to find here while they check that a domain is ours. */
export class Challenges {
  /** From the token of a challenge to its key authorization. */
  readonly #open = new Map<string, string>()

  open(token: string, keyAuthorization: string): void {
    this.#open.set(token, keyAuthorization)
  }

  close(token: string): void {
    this.#open.delete(token)
  }

  /** The key authorization to be found at a path, if it is that of an open challenge. */
  readonly at = (path: string): string | undefined => {
    if (this.#open.size === 0 || !path.startsWith(prefix)) return undefined
    return this.#open.get(path.slice(prefix.length))
  }
}
