import type { IncomingMessage } from 'node:http'

/** Whether a request opens a WebSocket (RFC 6455 §4.1). One with a body does not: it is a request like any other. */
export function isWebSocket({ method, url, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
  const isAsked = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
  return isAsked && !hasBody && url?.startsWith('/') === true
}
