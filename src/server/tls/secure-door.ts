import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Milliseconds } from '../../cache.ts'
import { listenAt } from '../listening.ts'
import type { Certificates } from './certificates.ts'
import { PlainListener } from './plain-listener.ts'
import { TlsListener } from './tls-listener.ts'

export interface TlsSettings {
  readonly certificates: Certificates
  readonly http2: boolean
  /** What a CA is to find under a path of the port without TLS (RFC 8555 §8.3). */
  readonly challengeAt: (path: string) => string | undefined
}

/** The way in with TLS, and the port beside it that leads there. */
export class SecureDoor {
  readonly #secure: TlsListener
  readonly #plain: PlainListener
  readonly #certificates: Certificates
  #port = 443

  /** @param onHttp2 told of every connection that speaks HTTP/2 */
  constructor(
    http: Server,
    { certificates, http2, challengeAt }: TlsSettings,
    onHttp2: (socket: TLSSocket) => void
  ) {
    const protocols = http2 ? (['h2', 'http/1.1'] as const) : (['http/1.1'] as const)
    this.#certificates = certificates
    this.#secure = new TlsListener({ http, certificates, protocols, onHttp2 })
    this.#plain = new PlainListener({
      http,
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
    const address = await listenAt(this.#secure.server, host, port)
    this.#port = address.port
    return address
  }

  listenPlain(host: string, port: number): Promise<AddressInfo> {
    return listenAt(this.#plain.server, host, port)
  }

  /** Accepts no more; what is being answered goes on. */
  close(): void {
    this.#secure.close()
    this.#plain.close()
  }
}
