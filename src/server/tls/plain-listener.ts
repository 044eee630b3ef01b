import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { sendProblem } from '../error.ts'
import { answerInPlace } from '../no-tunnel.ts'

export interface PlainListenerOptions {
  /** Answers where nothing better can be offered yet. */
  readonly http: Server
  /** The limits that node:http keeps by itself. */
  readonly limits: ServerOptions
  /** Told of every connection. */
  readonly onPlain: (socket: Socket) => void
  /** The host that a viewer of this host may be sent to, or undefined where there is no certificate yet. */
  readonly secureHostFor: (host: string) => string | undefined
  /** Where HTTPS is, once it listens. */
  readonly securePort: () => number
  /** What the CA is to find under this path (RFC 8555 §8.3). */
  readonly challengeAt: (path: string) => string | undefined
}

/**
 * The port without TLS beside the one with it: shows the CA what it looks for and sends everybody else to HTTPS. As long
 * as there is no certificate, it answers like the edge itself, so that a new edge serves from its first second.
 */
export class PlainListener {
  readonly server: Server
  readonly #options: PlainListenerOptions

  constructor(options: PlainListenerOptions) {
    this.#options = options
    this.server = createServer(options.limits)
    this.server.on('connection', options.onPlain)
    this.server.on('request', (request, response) => this.#answer(request, response))
    this.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Ends what is idle; what is being answered goes on. */
  close(): void {
    this.server.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const challenge = this.#options.challengeAt(request.url ?? '')
    if (challenge !== undefined)
      return void response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(challenge)
    const way = this.#wayOf(request)
    switch (way.kind) {
      case 'here':
        return void this.#options.http.emit('request', request, response)
      case 'secure':
        return redirect(request, response, way.location)
      case 'nowhere':
        return sendProblem(response, 400, { error: 'The Host is no host.', code: 'bad-host' }, false)
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#wayOf(request).kind === 'here') this.#options.http.emit('upgrade', request, socket, head)
    else answerInPlace(this.server, request, socket, head)
  }

  #wayOf({ headers, url = '/' }: IncomingMessage): Way {
    const [, host = ''] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i.exec(headers.host ?? '') ?? []
    const secureHost = this.#options.secureHostFor(host.toLowerCase())
    if (secureHost === undefined) return { kind: 'here' }
    if (secureHost === '') return { kind: 'nowhere' }
    const port = this.#options.securePort()
    const path = url.startsWith('/') ? url : '/'
    return { kind: 'secure', location: `https://${secureHost}${port === 443 ? '' : `:${port}`}${path}` }
  }
}

/** Where a request is to be answered. */
type Way = { kind: 'here' } | { kind: 'secure'; location: string } | { kind: 'nowhere' }

/** For an hour only: a browser that remembers it for ever could not come back if the operator turned HTTPS off. */
function redirect({ method }: IncomingMessage, response: ServerResponse, location: string): void {
  // Old players do not know 308, which everything else needs to keep its method and body.
  const status = method === 'GET' || method === 'HEAD' ? 301 : 308
  response.writeHead(status, { Location: location, 'Cache-Control': 'max-age=3600', 'Content-Length': 0 })
  response.end()
}
