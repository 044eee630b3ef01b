import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, CertificateError, readCertificate } from '../certificate.ts'

/** An account with a CA. */
export interface Account {
  /** PEM. */
  readonly key: string
  /** What the CA calls it; undefined before it is registered. */
  readonly url?: string
  /** The address that the CA was told. */
  readonly email?: string | undefined
}

/** The first line of a certificate, which ends the key before it. */
const certificateBegins = '-----BEGIN CERTIFICATE-----'

/**
 * What outlives a restart: the account with a CA, and a file for each domain with its key and certificate in one, so that
 * they can never be of two orders. Only the owner may read it. Each CA has a folder of its own, because an account is
 * worth nothing elsewhere, and a certificate of a CA's staging area must not be shown after the change to the real one.
 */
export class StateFolder {
  readonly path: string

  /** Makes the folder; throws the system's error where it may not. */
  constructor(stateDir: string, directory: URL) {
    this.path = join(stateDir, directory.host.replaceAll(':', '_'))
    mkdirSync(this.path, { recursive: true, mode: 0o700 })
    this.#write('writable', '')
    rmSync(join(this.path, 'writable'))
  }

  get account(): Account | undefined {
    const text = this.#read('account.json')
    return text === undefined ? undefined : (JSON.parse(text) as Account)
  }

  keepAccount(account: Account): void {
    this.#write('account.json', `${JSON.stringify(account, undefined, 2)}\n`)
  }

  /** The certificate kept for a domain. @throws CertificateError where what is kept cannot be used */
  certificateFor(domain: string): Certificate | undefined {
    const pem = this.#read(`${domain}.pem`)
    if (pem === undefined) return undefined
    const at = pem.indexOf(certificateBegins)
    const certificate = readCertificate(pem.slice(Math.max(at, 0)), pem.slice(0, Math.max(at, 0)))
    if (!certificate.covers(domain)) throw new CertificateError('the certificate is for another name')
    return certificate
  }

  keepCertificate(domain: string, { key, chain }: Certificate): void {
    this.#write(`${domain}.pem`, `${key.trim()}\n${chain.trim()}\n`)
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** All of it or nothing, even where the power fails. */
  #write(name: string, text: string): void {
    const whole = join(this.path, name)
    const part = `${whole}.part`
    rmSync(part, { force: true })
    writeFileSync(part, text, { mode: 0o600, flush: true })
    renameSync(part, whole)
  }
}
