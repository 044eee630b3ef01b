import { type Answer, anyOrigin, goError, json, noStore, text } from './answer.ts'
import type { Handler } from './api.ts'
import type { Chat } from './chat.ts'
import type { Received } from './received.ts'

/** The requests that chat needs beside its connection (controllers/chat.go). */
export function chatRoutes(chat: Chat): [string, Handler][] {
  return [
    ['/api/chat', (request) => answerHistory(request, chat)],
    ['/api/chat/register', (request) => answerRegister(request, chat)],
    [
      '/ws',
      (request) => refuseChat(request, chat) ?? goError(400, 'Bad Request', { 'Sec-Websocket-Version': '13' })
    ]
  ]
}

/** Why somebody is not let into chat, before the upgrade; undefined for those who are. */
export function refuseChat({ ip }: Pick<Received, 'ip'>, chat: Chat): Answer | undefined {
  if (chat.banned.has(ip)) return text(403, {}, '')
  if (chat.isDisabled) return text(200, { 'Content-Type': 'text/plain; charset=utf-8' }, 'CHAT_DISABLED')
  return undefined
}

/** Private, told apart by the token in the query alone, and without any Cache-Control. */
function answerHistory({ query, ip }: Received, chat: Chat): Answer {
  if (chat.banned.has(ip)) return text(403, anyOrigin, '')
  if (chat.users.find(query.get('accessToken')) === undefined) return text(401, anyOrigin, 'unauthorized')
  return json(200, anyOrigin, chat.history)
}

/** A proxy that has authenticated somebody says who it is in X-Forwarded-User. */
function answerRegister({ method, headers, body }: Received, chat: Chat): Answer {
  const fields = { ...noStore, ...anyOrigin }
  if (method === 'OPTIONS') return text(204, fields, '')
  if (method !== 'POST') return json(400, fields, { success: false, message: `${method} not supported` })
  const forwarded = headers['x-forwarded-user']?.toString()
  const { user, accessToken } = chat.users.register(forwarded ?? displayNameIn(body))
  const { id, displayName, displayColor, authenticated } = user
  return json(200, fields, { id, accessToken, displayName, displayColor, authenticated })
}

function displayNameIn(body: Buffer): string | undefined {
  try {
    const { displayName } = JSON.parse(body.toString()) as { displayName?: unknown }
    return typeof displayName === 'string' ? displayName : undefined
  } catch {
    // Without a readable wish, the server chooses a name.
    return undefined
  }
}
