import type { Bytes, Milliseconds } from '../../cache.ts'

/** What one client, one address and all together may take. Infinity is off. */
export interface LimitSettings {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Per second. */
  readonly maxRequestsPerAddress: number
  /** Per second. */
  readonly maxOriginRequestsPerAddress: number
  readonly maxTunnelsPerAddress: number
  readonly maxHeadSize: Bytes
  readonly headTimeout: Milliseconds
  readonly idleTimeout: Milliseconds
  /** Per second. */
  readonly minReadRate: Bytes
  /** Per second. */
  readonly maxRatePerConnection: Bytes
  /** Per second. */
  readonly maxEgress: Bytes
  readonly maxLag: Milliseconds
  readonly proxyProtocol: boolean
}
