import type { IncomingMessage } from 'node:http'
import { hasBody } from './has-body.ts'

/**
 * Whether a request opens a WebSocket (RFC 6455 §4.1). One with a body does not: it is a request like any other. Targets in
 * absolute form are for the ordinary way too, which brings them into origin form before the rules are applied.
 */
export function isWebSocket(request: IncomingMessage): boolean {
  const { method, url, headers } = request
  const isAsked = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
  return isAsked && !hasBody(request) && url?.startsWith('/') === true
}
