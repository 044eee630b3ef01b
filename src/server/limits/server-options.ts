import type { IncomingMessage, ServerOptions } from 'node:http'
import type { Bytes, Milliseconds } from '../../cache.ts'
import { isWebSocket } from '../websocket.ts'
import type { LimitSettings } from './limit-settings.ts'

/** How long a whole request may take, body included: the largest that Owncast takes are images for its pages. */
const longestRequest: Milliseconds = 300_000
/** Node keeps sizes in 32 bits. */
const largest: Bytes = 2 ** 31 - 1

/** What node:http takes from version 24.9 on: which upgrades it tells of, instead of all. */
interface NewerOptions extends ServerOptions {
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean
}

/** The limits that node:http keeps by itself. */
export function serverOptions({ maxHeadSize, headTimeout, idleTimeout }: LimitSettings): NewerOptions {
  const hasTimeout = Number.isFinite(headTimeout)
  return {
    maxHeaderSize: mostHead(maxHeadSize),
    headersTimeout: hasTimeout ? headTimeout : 0,
    requestTimeout: hasTimeout ? Math.max(longestRequest, headTimeout) : 0,
    // A head may take so much longer than its limit.
    connectionsCheckingInterval: hasTimeout ? Math.max(100, headTimeout / 4) : 30_000,
    keepAliveTimeout: Number.isFinite(idleTimeout) ? idleTimeout : 0,
    noDelay: true,
    shouldUpgradeCallback: isWebSocket
  }
}

/** The size of a head that is the limit, as a number that Node takes. */
export function mostHead(size: Bytes): Bytes {
  return Math.min(size, largest)
}
