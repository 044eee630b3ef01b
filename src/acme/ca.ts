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
    await this.#reach()
    try {
      return await this.#order(domain)
    } catch (error) {
      this.#forgetIfUnknown(error as Error)
      // What acme-client makes of every failure of the network.
      if (error instanceof TypeError)
        throw new Error('the CA could not be reached any more', { cause: error })
      throw error
    }
  }

  /** A CA that has lost our account, as test servers do, gets a new one with the next order. */
  #forgetIfUnknown({ message }: Error): void {
    const { folder } = this.#options
    const { account } = folder
    if (account !== undefined && /account.*(not found|unknown|not exist)/i.test(message))
      folder.keepAccount({ key: account.key })
  }

  /** Looks whether the CA is there, because acme-client would not say why it is not. */
  async #reach(): Promise<void> {
    try {
      const answer = await fetch(this.#options.directory, { signal: AbortSignal.timeout(requestLimit) })
      await answer.body?.cancel()
    } catch (error) {
      const { message, cause } = error as Error
      throw new Error(`the CA cannot be reached: ${cause instanceof Error ? cause.message : message}`)
    }
  }

  async #order(domain: string): Promise<Certificate> {
    const { challenges } = this.#options
    const acme = await import('acme-client')
    const client = await this.#client()
    const [key, csr] = await acme.crypto.createCsr(
      { altNames: [domain] },
      await acme.crypto.createPrivateEcdsaKey('P-256')
    )
    const chain = await client.auto({
      csr,
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

  /** A client that is signed in to our account, which is registered at first. */
  async #client(): Promise<Client> {
    const { directory, folder, email, askAgainAfter = 3000 } = this.#options
    const acme = await import('acme-client')
    tame(acme.axios.defaults as unknown as RequestDefaults)
    const account = folder.account ?? { key: (await acme.crypto.createPrivateEcdsaKey('P-256')).toString() }
    const client = new acme.Client({
      directoryUrl: directory.href,
      accountKey: account.key,
      ...(account.url === undefined ? {} : { accountUrl: account.url }),
      backoffMin: askAgainAfter,
      backoffMax: askAgainAfter * 5,
      backoffAttempts: 20
    })
    if (account.url !== undefined && account.email === email) return client
    const contact = email === undefined ? [] : [`mailto:${email}`]
    if (account.url === undefined) await client.createAccount({ termsOfServiceAgreed: true, contact })
    else await client.updateAccount({ contact })
    folder.keepAccount({ key: account.key, url: client.getAccountUrl(), email })
    return client
  }
}

/** Whoever orders tries again, later each time; by itself acme-client would ask a CA that limits us five times more at once. */
function tame(defaults: RequestDefaults): void {
  defaults.timeout = requestLimit
  defaults.acmeSettings.retryMaxAttempts = 0
}
