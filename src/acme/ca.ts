import type { Client } from 'acme-client'
import type { Milliseconds } from '../cache.ts'
import { type Certificate, CertificateError, readCertificate } from '../certificate.ts'
import type { Challenges } from './challenges.ts'
import type { StateFolder } from './state-folder.ts'

/** How long one request to the CA may take. */
const requestLimit: Milliseconds = 30_000

/** What acme-client adds to axios' settings, which its types do not say. */
interface RequestDefaults {
  timeout?: Milliseconds
  readonly acmeSettings: { retryMaxAttempts: number }
}

export interface CaOptions {
  readonly directory: URL
  readonly email: string | undefined
  readonly folder: StateFolder
  readonly challenges: Challenges
  /** How long to wait before asking again for what the CA has not done yet. */
  readonly askAgainAfter?: Milliseconds
}

/** A CA that speaks ACME (RFC 8555), by acme-client, which is loaded with the first order. */
export class Ca {
  readonly #options: CaOptions

  constructor(options: CaOptions) {
    this.#options = options
  }

  /** Orders a certificate with a new key. Rejects with whatever went wrong: the network, the CA, its look at the domain. */
  async order(domain: string): Promise<Certificate> {
    const { email, challenges } = this.#options
    const acme = await import('acme-client')
    const client = await this.#client()
    const [key, csr] = await acme.crypto.createCsr(
      { altNames: [domain] },
      await acme.crypto.createPrivateEcdsaKey('P-256')
    )
    const chain = await client.auto({
      csr,
      ...(email === undefined ? {} : { email }),
      termsOfServiceAgreed: true,
      challengePriority: ['http-01'],
      // It would ask this machine for its own public address, which many a home router does not let it reach.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, { type, token }, keyAuthorization) => {
        if (type !== 'http-01') throw new Error('the CA offers no http-01 challenge')
        challenges.open(token, keyAuthorization)
      },
      challengeRemoveFn: async (_authorization, { token }) => challenges.close(token)
    })
    const certificate = readCertificate(chain, key.toString())
    if (!certificate.covers(domain)) throw new CertificateError('the CA sent a certificate for another name')
    return certificate
  }

  async #client(): Promise<Client> {
    const { directory, askAgainAfter = 3000 } = this.#options
    const acme = await import('acme-client')
    const defaults = acme.axios.defaults as unknown as RequestDefaults
    defaults.timeout = requestLimit
    // Whoever ordered tries again, later each time; acme-client would ask a CA that limits us five times more at once.
    defaults.acmeSettings.retryMaxAttempts = 0
    return new acme.Client({
      directoryUrl: directory.href,
      accountKey: await this.#accountKey(),
      backoffMin: askAgainAfter,
      backoffMax: askAgainAfter * 5,
      backoffAttempts: 20
    })
  }

  async #accountKey(): Promise<string> {
    const { folder } = this.#options
    const kept = folder.accountKey
    if (kept !== undefined) return kept
    const acme = await import('acme-client')
    const made = (await acme.crypto.createPrivateEcdsaKey('P-256')).toString()
    folder.keepAccountKey(made)
    return made
  }
}
