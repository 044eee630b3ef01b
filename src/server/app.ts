import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import type { Audience, Cache, Milliseconds, SharedCache, Timekeeper } from '../cache.ts'
import { isMediaTarget, type Policy } from '../policy.ts'
import type { AccessLogSlot } from './access-log.ts'
import { AccessNotes } from './access-notes.ts'
import { prepareForBypass, type Requester, registerBypass } from './bypass.ts'
import { Trust } from './client-address.ts'
import { Connections } from './connections.ts'
import { ServerCounters } from './counters.ts'
import { sendProblem } from './error.ts'
import { Front } from './front.ts'
import { Lane } from './lane/lane.ts'
import type { LimitSettings } from './limits/limit-settings.ts'
import { Limits } from './limits/limits.ts'
import { mostHead, serverOptions } from './limits/server-options.ts'
import { originForm } from './origin-form.ts'
import { type RuleSettings, Rules } from './rules.ts'
import { forRouter } from './tls/http2-for-router.ts'
import { SecureDoor, type TlsSettings } from './tls/secure-door.ts'
import { Tunnels } from './tunnel.ts'

export interface AppOptions {
  readonly cache: Cache
  /** A cache by RFC 9111, for a policy that sends requests there. */
  readonly shared?: SharedCache | undefined
  readonly policy: Policy
  readonly audience: Audience
  readonly clock: Timekeeper
  readonly origin: URL
  readonly requester: Requester
  readonly trustProxy: readonly string[]
  readonly rules: RuleSettings
  readonly limits: LimitSettings
  readonly tunnelIdleLimit?: Milliseconds
  /** Off: node:http alone answers, to the same effect. */
  readonly lane?: 'off'
  /** Where it is set, viewers come by TLS. */
  readonly tls?: TlsSettings | undefined
}

/** What all ways of answering share, and what may be changed while requests are answered. */
export interface Desk {
  readonly trust: Trust
  readonly rules: Rules
  readonly counters: ServerCounters
  readonly access: AccessLogSlot
  readonly limits: Limits
  /** To be told to forget whenever something of this is changed. */
  readonly lane: Lane
}

/** The listener that viewers come to. */
export class App {
  readonly desk: Desk
  readonly connections: Connections
  readonly #fastify: FastifyInstance
  readonly #tunnels: Tunnels
  readonly #door: SecureDoor | undefined

  private constructor(instance: FastifyInstance, tunnels: Tunnels, desk: Desk, options: AppOptions) {
    const server = instance.server as Server
    this.#fastify = instance
    this.#tunnels = tunnels
    this.connections = new Connections(server)
    this.desk = desk
    this.#door = options.tls && this.#doorWith(options.tls, options.limits)
    desk.limits.watch(this.connections)
  }

  static async build(options: AppOptions): Promise<App> {
    const trust = new Trust(options.trustProxy)
    const access: AccessLogSlot = { log: undefined }
    const { limits: settings, clock, audience } = options
    const desk: Desk = {
      trust,
      rules: new Rules(options.rules),
      counters: new ServerCounters(),
      access,
      limits: new Limits({ settings, clock, trust, audience }),
      lane: new Lane({ trust, access, clock })
    }
    const instance = fastify({
      logger: false,
      serverFactory: (router) => serverWith(options, desk, router) as never
    })
    await registerBypass(instance, {
      origin: options.origin,
      requester: options.requester,
      trust: desk.trust,
      host: options.shared === undefined ? undefined : options.origin.host,
      passed: (exchange) => options.shared?.passed(exchange)
    })
    await instance.ready()
    const server = instance.server as Server
    const limit = options.tunnelIdleLimit === undefined ? {} : { idleLimit: options.tunnelIdleLimit }
    const tunnels = new Tunnels({ origin: options.origin, desk, clock, ...limit })
    tunnels.attach(server)
    return new App(instance, tunnels, desk, options)
  }

  /** When the first certificate that is shown ends to be valid. */
  get certificateUntil(): Milliseconds | undefined {
    return this.#door?.certificateUntil
  }

  /** Begins to answer; rejects with the system's error where the address cannot be had. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    return (
      this.#door?.listen(host, port) ?? this.desk.limits.entrance.listen(this.#fastify.server, host, port)
    )
  }

  /** Opens the port beside that of TLS. */
  async listenPlain(host: string, port: number): Promise<AddressInfo> {
    if (this.#door === undefined) throw new Error('there is no TLS to lead to')
    return this.#door.listenPlain(host, port)
  }

  /** Stops accepting, lets responses under way finish within the limit, and ends the tunnels last. */
  async drain(limit: Milliseconds): Promise<void> {
    this.desk.limits.entrance.close()
    this.#door?.close()
    await this.connections.drain(limit, this.desk.lane.drain(limit))
    this.#tunnels.close()
    this.connections.destroyAll()
    this.desk.limits.entrance.destroyAll()
    this.desk.limits.close()
    await this.#fastify.close()
  }

  #doorWith(tls: TlsSettings, limits: LimitSettings): SecureDoor {
    const { peers, pacing, entrance } = this.desk.limits
    return new SecureDoor({
      http: this.#fastify.server as Server,
      tls,
      entrance,
      limits: serverOptions(limits),
      mostHead: mostHead(limits.maxHeadSize),
      onPlain: (socket) => {
        pacing.add(socket)
        this.connections.add(socket)
      },
      onHttp2: (socket, isBehind) => {
        peers.carryOver(socket)
        pacing.add(socket)
        this.connections.add(socket, isBehind)
      }
    })
  }
}

function serverWith(options: AppOptions, desk: Desk, router: Router): Server {
  const { trust, counters, rules, access, limits } = desk
  const notes = new AccessNotes(access, trust, options.clock)
  const front = new Front({
    cache: options.cache,
    shared: options.shared,
    originHost: options.origin.host,
    policy: options.policy,
    audience: options.audience,
    clock: options.clock,
    trust,
    counters,
    limits,
    notes,
    lane: options.lane === 'off' ? undefined : desk.lane,
    bypass: (...given) => {
      const [request, response] = forRouter(...given)
      prepareForBypass(request)
      router(request, response)
    }
  })
  const server = createServer(serverOptions(options.limits))
  limits.join(server)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    notes.begin(request, response)
    if (!originForm(request, response)) return
    const { url = '/', headers } = request
    const refused = rules.refusal(headers.host, url) ?? limits.refusal(request)
    if (refused === undefined) return front.answer(request, response)
    counters.requests.other.refused++
    sendProblem(response, refused.status, refused, isMediaTarget(url))
  })
  if (options.lane !== 'off') desk.lane.attach(server, front)
  return server
}

type Router = (request: IncomingMessage, response: ServerResponse) => void
