import { createSecureContext, type SecureContext } from 'node:tls'
import type { Milliseconds } from '../../cache.ts'
import type { Certificate } from '../../certificate.ts'
import { contextOptions } from './options.ts'

/** The certificates in force, and who is shown which. */
export class Certificates {
  /** The names that have a certificate each; empty where one certificate is shown to all. */
  readonly #names: readonly string[]
  /** From such a name, or from the empty one where there are none, to its certificate, ready for handshakes. */
  readonly #shown = new Map<string, { readonly certificate: Certificate; readonly context: SecureContext }>()
  #usualChanged = (_usual: Certificate): void => {}

  /** @param names in lower case */
  constructor(names: readonly string[] = []) {
    this.#names = names
  }

  get hasNames(): boolean {
    return this.#names.length > 0
  }

  /** What is shown to those who ask for no name. */
  get usual(): Certificate | undefined {
    const name = this.hasNames ? this.#firstShown() : ''
    return name === undefined ? undefined : this.#shown.get(name)?.certificate
  }

  /** When the first of those that are shown ends to be valid. */
  get validUntil(): Milliseconds | undefined {
    if (this.#shown.size === 0) return undefined
    return Math.min(...[...this.#shown.values()].map(({ certificate }) => certificate.validUntil))
  }

  /** From now on this is shown to those who ask for the name, or to all where there are no names; open connections keep theirs. */
  show(certificate: Certificate, name = ''): void {
    this.#shown.set(name, { certificate, context: createSecureContext(contextOptions(certificate)) })
    if (this.usual === certificate) this.#usualChanged(certificate)
  }

  /** Calls back whenever `usual` has changed. */
  onUsualChanged(changed: (usual: Certificate) => void): void {
    this.#usualChanged = changed
  }

  contextFor(name: string): SecureContext | undefined {
    return this.#shown.get(name.toLowerCase())?.context
  }

  /**
   * The host that a viewer of this host may be sent to for HTTPS, or undefined where that would fail as yet. Hosts that
   * no certificate will ever cover, such as an IP address, are sent to the first that has one.
   */
  secureHostFor(host: string): string | undefined {
    if (!this.hasNames) return host
    if (this.#names.includes(host)) return this.#shown.has(host) ? host : undefined
    return this.#firstShown()
  }

  #firstShown(): string | undefined {
    return this.#names.find((name) => this.#shown.has(name))
  }
}
