import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { clientAddress } from './client-address.ts'

/** A request as the routes see it. */
export interface Received {
  readonly method: string
  /** The request target as it came. */
  readonly target: string
  /** Its path, decoded as Go does before it looks for a route. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly ip: string
  readonly userAgent: string
}

/** Reads a request whole. Rejects when it is given up by its client. */
export async function receive(request: IncomingMessage): Promise<Received> {
  const { method = '', url: target = '/', headers } = request
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  return {
    ...{ method, target, headers, path: decode(path), query: new URLSearchParams(query) },
    ...{ body: await readBody(request), ip: clientAddress(request), userAgent: headers['user-agent'] ?? '' }
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // Go answers 400 to a path that it cannot decode; no route of ours has a percent sign.
    return path
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const { headers } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined)
    return Buffer.alloc(0)
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}
