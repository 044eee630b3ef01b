import type { AddressInfo } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { Metrics, type Readings } from './metrics.ts'

export interface AdminOptions {
  readonly version: string
  readonly read: () => Readings
}

/** The operators' listener, on an address of its own: health, metrics and who watches. */
export class Admin {
  readonly #fastify: FastifyInstance
  readonly #metrics: Metrics
  #isDraining = false

  constructor({ version, read }: AdminOptions) {
    this.#metrics = new Metrics(read)
    this.#fastify = fastify({ logger: false, forceCloseConnections: true })
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
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    await this.#fastify.listen({ host, port })
    return this.#fastify.server.address() as AddressInfo
  }

  /** From now on /health says that no new viewers should be sent here. */
  announceDrain(): void {
    this.#isDraining = true
  }

  async close(): Promise<void> {
    this.#metrics.close()
    await this.#fastify.close()
  }
}
