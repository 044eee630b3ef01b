import { readFileSync, statSync } from 'node:fs'
import type { Cancel, Milliseconds, Timekeeper } from '../../cache.ts'
import { type Certificate, CertificateError, readCertificate } from '../../certificate.ts'
import {
  type CertificateRefused,
  type CertificateShown,
  certificateRefused,
  certificateShown
} from '../../certificate-events.ts'

/**
 * How often the files are looked at. By their times and not by events of the file system, which get lost on network
 * drives and where a whole folder is exchanged behind a symbolic link.
 */
const lookEvery: Milliseconds = 10_000

/** The certificate and the key that the operator keeps in files, followed when they are replaced. */
export class CertificateFiles {
  readonly #certFile: string
  readonly #keyFile: string
  readonly #clock: Timekeeper
  #seen = ''
  #cancel: Cancel = () => {}

  constructor(certFile: string, keyFile: string, clock: Timekeeper) {
    this.#certFile = certFile
    this.#keyFile = keyFile
    this.#clock = clock
  }

  /** What is in the files now. @throws CertificateError */
  read(): Certificate {
    this.#seen = this.#fingerprint()
    return readCertificate(textOf(this.#certFile), textOf(this.#keyFile))
  }

  /** Tells of each new pair that can be used. One that cannot is reported once, and nothing changes. */
  follow(changed: (certificate: Certificate) => void): void {
    this.#cancel = this.#clock.after(lookEvery, () => {
      if (this.#fingerprint() !== this.#seen) this.#replace(changed)
      this.follow(changed)
    })
  }

  close(): void {
    this.#cancel()
  }

  #replace(changed: (certificate: Certificate) => void): void {
    const source = this.#certFile
    try {
      const certificate = this.read()
      changed(certificate)
      certificateShown.publish({ source, validUntil: certificate.validUntil } satisfies CertificateShown)
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      const detail = error.message
      certificateRefused.publish({ source, detail, retryAt: undefined } satisfies CertificateRefused)
    }
  }

  /** What differs whenever one of the files was written or exchanged. */
  #fingerprint(): string {
    return [this.#certFile, this.#keyFile].map(traceOf).join(' ')
  }
}

function traceOf(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file)
    return `${ino}:${mtimeMs}:${size}`
  } catch (error) {
    // Gone or not ours to see for the moment, as while it is exchanged: reading it will say so.
    return String((error as NodeJS.ErrnoException).code)
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CertificateError(`"${file}" cannot be read: ${(error as Error).message}`)
  }
}
