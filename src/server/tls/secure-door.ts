import type { AddressInfo } from 'node:net'
import type { Milliseconds } from '../../cache.ts'
import type { Entrance } from '../limits/entrance.ts'
import type { Certificates } from './certificates.ts'
import { PlainListener, type PlainListenerOptions } from './plain-listener.ts'
import { TlsListener, type TlsListenerOptions } from './tls-listener.ts'

export interface TlsSettings {
  readonly certificates: Certificates
  readonly http2: boolean
  /** What a CA is to find under a path of the port without TLS (RFC 8555 §8.3). */
  readonly challengeAt: (path: string) => string | undefined
}

export interface SecureDoorOptions
  extends Pick<TlsListenerOptions, 'http' | 'mostHead' | 'onHttp2'>,
    Pick<PlainListenerOptions, 'limits' | 'onPlain'> {
  readonly tls: TlsSettings
  /** Where connections come in. */
  readonly entrance: Entrance
}

/** The way in with TLS, and the port beside it that leads there. */
export class SecureDoor {
  readonly #secure: TlsListener
  readonly #plain: PlainListener
  readonly #certificates: Certificates
  readonly #entrance: Entrance
  #port = 443

  constructor({ tls, entrance, ...options }: SecureDoorOptions) {
    const { certificates, http2, challengeAt } = tls
    const protocols = http2 ? (['h2', 'http/1.1'] as const) : (['http/1.1'] as const)
    this.#certificates = certificates
    this.#entrance = entrance
    this.#secure = new TlsListener({ ...options, certificates, protocols })
    this.#plain = new PlainListener({
      ...options,
      challengeAt,
      secureHostFor: (host) => certificates.secureHostFor(host),
      securePort: () => this.#port
    })
  }

  /** When the first certificate that is shown ends to be valid. */
  get certificateUntil(): Milliseconds | undefined {
    return this.#certificates.validUntil
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    const address = await this.#entrance.listen(this.#secure.server, host, port)
    this.#port = address.port
    return address
  }

  listenPlain(host: string, port: number): Promise<AddressInfo> {
    return this.#entrance.listen(this.#plain.server, host, port)
  }

  /** Accepts no more; what is being answered goes on. */
  close(): void {
    this.#secure.close()
    this.#plain.close()
  }
}
