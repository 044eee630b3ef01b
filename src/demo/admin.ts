import { type Answer, type Fields, goError, json, maxAge, text } from './answer.ts'
import type { Channel } from './channel.ts'
import type { Chat } from './chat.ts'
import type { Pages } from './pages.ts'
import type { Received } from './received.ts'
import type { Viewer, Viewers } from './viewers.ts'

/** config/defaults.go */
const CREDENTIALS = `Basic ${Buffer.from('admin:abc123').toString('base64')}`

/** router/middleware/auth.go */
const crossOrigin: Fields = {
  'Access-Control-Allow-Origin': 'http://localhost:3000',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Headers': 'Origin, X-Requested-With, Content-Type, Accept, Authorization'
}

export interface AdminParts {
  readonly channel: Channel
  readonly viewers: Viewers
  readonly chat: Chat
  readonly pages: Pages
}

/** `/admin/*` and `/api/admin/*`, behind Basic authentication: user admin, password abc123. */
export function answerAdmin(request: Received, parts: AdminParts): Answer {
  if (request.method === 'OPTIONS') return text(204, crossOrigin, '')
  if (request.headers.authorization !== CREDENTIALS) return unauthorized()
  const answer = request.path.startsWith('/api/') ? answerApi(request, parts) : parts.pages.admin()
  return { ...answer, fields: { ...answer.fields, ...crossOrigin, ...(isPage(request) ? maxAge(0) : {}) } }
}

function isPage({ path }: Received): boolean {
  return path.startsWith('/admin/')
}

function unauthorized(): Answer {
  const realm = { 'WWW-Authenticate': 'Basic realm="Owncast Authenticated Request"' }
  return goError(401, 'Unauthorized', { ...crossOrigin, ...realm })
}

function answerApi(request: Received, { channel, viewers, chat }: AdminParts): Answer {
  switch (request.path.slice('/api/admin/'.length)) {
    case 'status':
      return json(
        200,
        {},
        { online: channel.isOnline, viewerCount: viewers.list().length, overallPeakViewerCount: viewers.peak }
      )
    case 'viewers':
      return json(200, {}, viewers.list().map(describe))
    case 'chat/clients':
      return json(200, {}, chat.clients())
    case 'chat/users/ipbans':
      return json(
        200,
        {},
        [...chat.banned].map((ipAddress) => ({ ipAddress }))
      )
    case 'chat/users/ipbans/create':
      chat.banned.add(requestedValue(request))
      return success
    case 'chat/users/ipbans/remove':
      chat.banned.delete(requestedValue(request))
      return success
    case 'disconnect':
      // Changes state by GET, as the real one does: whoever repeats or prefetches it ends somebody's stream.
      channel.disconnect()
      return success
    default:
      return goError(404, '404 page not found')
  }
}

const success = json(200, {}, { success: true, message: 'done' })

function requestedValue({ body }: Received): string {
  const parsed: { value?: unknown } = body.length === 0 ? {} : JSON.parse(body.toString())
  return String(parsed.value ?? '')
}

function describe({ clientId, ip, userAgent, firstSeen, lastSeen }: Viewer) {
  return {
    clientID: clientId,
    ipAddress: ip,
    userAgent,
    firstSeen: new Date(firstSeen).toISOString(),
    lastSeen: new Date(lastSeen).toISOString(),
    geo: null
  }
}
