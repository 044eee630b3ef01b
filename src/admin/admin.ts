import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import type { Timekeeper } from '../cache.ts'
import type { Chronicle } from '../log/chronicle.ts'
import { type PurgeOrder, PurgeOrderError, readPurgeOrder } from '../purge.ts'
import { streamTo } from './event-stream.ts'
import { type PageFile, readPageFiles } from './files.ts'
import { Guard } from './guard.ts'
import { LoopLag } from './loop-lag.ts'
import { Metrics } from './metrics.ts'
import { Observer } from './observer.ts'
import type { Readings } from './readings.ts'

export interface AdminOptions {
  readonly version: string
  /** The origin as it is shown. */
  readonly origin: string
  /** What the origin is: the dashboard shows nothing of Owncast where it is another server. */
  readonly profile: 'owncast' | 'generic'
  readonly clock: Timekeeper
  readonly read: () => Readings
  readonly chronicle: Chronicle
  /** Whether this process has more to do than it can. */
  readonly isBusy: () => boolean
  /** What the listener is bound to, which is also a name it answers to. */
  readonly host: string
  readonly token: string | undefined
  /** Tells how many stored responses it was. */
  readonly purge: (order: PurgeOrder) => number
  /** The settings in force, without secrets. */
  readonly showSettings: () => object
}

/** Nothing of the page may come from elsewhere, and nobody may put it into a frame. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The operators' listener, on an address of its own: the dashboard, metrics, health, who watches, purging. */
export class Admin {
  readonly #options: AdminOptions
  readonly #fastify: FastifyInstance
  readonly #metrics: Metrics
  readonly #observer: Observer
  readonly #lag = new LoopLag()
  readonly #guard: Guard
  readonly #files = readPageFiles()
  #isDraining = false

  constructor(options: AdminOptions) {
    const { version, read, clock, chronicle, isBusy, host, token } = options
    this.#options = options
    this.#guard = new Guard(host, token)
    this.#metrics = new Metrics({ version, read, lag: this.#lag })
    const filled = this.#metrics.filled.bind(this.#metrics)
    this.#observer = new Observer({ clock, read, chronicle, isBusy, lag: this.#lag, filled })
    this.#fastify = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 64 * 1024 })
    this.#addGuard()
    this.#addPage()
    this.#addReports()
    this.#addPurge()
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    await this.#fastify.listen({ host, port })
    return this.#fastify.server.address() as AddressInfo
  }

  /** From now on asks for this token, or for none. */
  useToken(token: string | undefined): void {
    this.#guard.use(token)
  }

  /** From now on /health says that no new viewers should be sent here. */
  announceDrain(): void {
    this.#isDraining = true
  }

  async close(): Promise<void> {
    this.#observer.close()
    this.#lag.close()
    await this.#fastify.close()
  }

  #addGuard(): void {
    this.#fastify.addHook('onRequest', async ({ method, url, headers }, reply) => {
      reply.headers({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' })
      const [path = ''] = url.split('?', 1)
      const isOpen = path === '/health' || path.startsWith('/page/')
      const refusal = this.#guard.refusal({ method, isOpen, headers })
      if (refusal === undefined) return
      if (refusal.status === 401) {
        reply.header('WWW-Authenticate', 'Bearer realm="owncast-edge"')
        // The page itself holds nothing, and asks for the token.
        if (path === '/') return this.#sendFile(reply.code(401), path)
      }
      return reply.code(refusal.status).send({ error: refusal.error })
    })
  }

  #addPage(): void {
    for (const path of this.#files.keys()) {
      this.#fastify.get(path, (_request, reply) => this.#sendFile(reply, path))
    }
    this.#fastify.get('/events', { exposeHeadRoute: false }, (_request, reply) => {
      reply.hijack()
      const { version, origin, profile } = this.#options
      streamTo(reply.raw as ServerResponse, this.#observer, { version, origin, profile })
    })
  }

  #sendFile(reply: FastifyReply, path: string): FastifyReply {
    const { type, bytes } = this.#files.get(path) as PageFile
    return reply
      .headers({
        'Cache-Control': 'no-cache',
        'Content-Security-Policy': pagePolicy,
        'Referrer-Policy': 'no-referrer'
      })
      .type(type)
      .send(bytes)
  }

  #addReports(): void {
    const { version, read, showSettings } = this.#options
    this.#fastify.get('/health', async (_request, reply) => {
      if (this.#isDraining) return reply.code(503).send({ status: 'draining', version })
      return { status: 'ok', version, uptimeSeconds: Math.floor(process.uptime()) }
    })
    this.#fastify.get('/viewers', async () => {
      const { total, variants, isOnline, pings } = read().viewers
      return { total, variants, online: isOnline, pings }
    })
    this.#fastify.get('/metrics', async (_request, reply) =>
      reply.type(this.#metrics.contentType).send(await this.#metrics.text())
    )
    this.#fastify.get('/config', async () => showSettings())
  }

  #addPurge(): void {
    // Whatever the client calls its body: only what it says counts.
    this.#fastify.removeAllContentTypeParsers()
    this.#fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    this.#fastify.post('/purge', (request, reply) => this.#purge(String(request.body ?? ''), reply))
  }

  #purge(text: string, reply: FastifyReply): FastifyReply {
    try {
      const order = readPurgeOrder(text)
      const purged = this.#options.purge(order)
      this.#options.chronicle.tell('plain', order.isSoft ? 'made stale' : 'purged', sayPurge(order, purged))
      return reply.send({ purged })
    } catch (error) {
      if (!(error instanceof PurgeOrderError)) throw error
      return reply.code(400).send({ error: error.message })
    }
  }
}

function sayPurge(order: PurgeOrder, purged: number): string {
  const what =
    order.kind === 'target' ? order.target : order.kind === 'prefix' ? `${order.prefix}…` : 'everything'
  return `${what}: ${purged} stored ${purged === 1 ? 'response' : 'responses'}, by an operator`
}
