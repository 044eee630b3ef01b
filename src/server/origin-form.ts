import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendProblem } from './error.ts'

/**
 * Brings the request target into origin form: a server must take the absolute form, and then its authority counts
 * instead of Host (RFC 9112 §3.2.2). Anything else but a path has been answered when this returns false.
 */
export function originForm(request: IncomingMessage, response: ServerResponse): boolean {
  const { url = '', method } = request
  if (url.startsWith('/')) return true
  const [, authority, rest] = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(url) ?? []
  if (authority !== undefined && !authority.includes('@')) {
    request.url = rest?.startsWith('/') ? rest : `/${rest ?? ''}`
    replaceHost(request, authority)
    return true
  }
  if (url === '*' && method === 'OPTIONS') {
    response.writeHead(204, ['Allow', 'GET, HEAD, POST, OPTIONS']).end()
    return false
  }
  sendProblem(response, 400, { error: 'The request target is not a path.', code: 'bad-target' }, false)
  return false
}

function replaceHost(request: IncomingMessage, authority: string): void {
  request.headers.host = authority
  const { rawHeaders } = request
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (/^host$/i.test(rawHeaders[i] as string)) rawHeaders[i + 1] = authority
}
