import type { Bytes, Milliseconds } from './cache.ts'
import type { LimitSettings } from './server/limits/limit-settings.ts'

/** Everything an operator can set, checked. */
export interface Settings extends LimitSettings {
  readonly origin: URL | undefined
  /** What the origin is: Owncast, whose ways are known, or anything that serves HLS. */
  readonly profile: 'owncast' | 'generic'
  /** The bucket that Owncast keeps its media in. */
  readonly storage: URL | undefined
  readonly host: string
  readonly port: number
  /** The names answered for, in lower case; none: all. */
  readonly hosts: readonly string[]
  readonly denyAdmin: boolean
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** The names to order certificates for, in lower case. */
  readonly domain: readonly string[]
  readonly acmeEmail: string | undefined
  readonly acmeDirectory: URL
  readonly stateDir: string
  /** The port that sends viewers to HTTPS. */
  readonly httpPort: number | undefined
  readonly http2: boolean
  readonly adminHost: string
  readonly adminPort: number
  readonly adminToken: string | undefined
  readonly accessLog: 'off' | 'json' | 'combined'
  /** Undefined: standard output. */
  readonly accessLogFile: string | undefined
  readonly cacheSize: Bytes
  readonly maxObjectSize: Bytes
  readonly trustProxy: readonly string[]
  readonly tellViewers: boolean
  readonly originConnections: number
  readonly connectTimeout: Milliseconds
  readonly originTimeout: Milliseconds
  readonly outage: Milliseconds
  readonly drainTimeout: Milliseconds
}
