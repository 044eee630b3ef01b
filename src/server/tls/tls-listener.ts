import type { Server } from 'node:http'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Bytes } from '../../cache.ts'
import type { Certificates } from './certificates.ts'
import { Http2Sessions } from './http2-sessions.ts'
import { contextOptions, listenerOptions } from './options.ts'

export interface TlsListenerOptions {
  /** Answers what comes, over whichever protocol; it does not listen itself. */
  readonly http: Server
  readonly certificates: Certificates
  readonly protocols: readonly ('h2' | 'http/1.1')[]
  /** The head of a request over HTTP/2; over HTTP/1.1 it is `http` that knows. */
  readonly mostHead: Bytes
  /** Told of every connection that speaks HTTP/2, with what tells whether something waits for it. The others are told of by `http`. */
  readonly onHttp2: (socket: TLSSocket, isBehind: () => boolean) => void
}

/**
 * Where viewers come to with TLS. It does the handshakes and hands each connection to the protocol that was agreed on:
 * HTTP/1.1 to the same node:http server that would listen without TLS, HTTP/2 to sessions whose requests go there too.
 */
export class TlsListener {
  readonly server: TlsServer
  readonly #sessions: Http2Sessions

  constructor({ http, certificates, protocols, mostHead, onHttp2 }: TlsListenerOptions) {
    this.#sessions = new Http2Sessions({
      answer: (request, response) => void http.emit('request', request, response),
      idleLimit: http.keepAliveTimeout,
      mostHead
    })
    this.server = createServer({
      ...listenerOptions([...protocols]),
      ...contextOptions(certificates.usual),
      ...(certificates.hasNames ? { SNICallback: sniCallback(certificates) } : {})
    })
    certificates.onUsualChanged((usual) => this.server.setSecureContext(contextOptions(usual)))
    this.server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol !== 'h2') return void http.emit('connection', socket)
      onHttp2(socket, this.#sessions.accept(socket))
    })
    // Makes node:http watch over slow heads and idle connections, though another server accepts them.
    this.server.once('listening', () => http.emit('listening'))
  }

  /** Accepts no more and lets HTTP/2 connections end when their last response has. */
  close(): void {
    this.server.close()
    this.#sessions.close()
  }
}

type SniCallback = NonNullable<Parameters<typeof createServer>[0]>['SNICallback']

/** A name without a certificate is refused: any other certificate would only bring up a warning that people click away. */
function sniCallback(certificates: Certificates): SniCallback {
  return (name, done) => {
    const context = certificates.contextFor(name)
    if (context === undefined) done(new Error(`no certificate for ${name}`))
    else done(null, context)
  }
}
