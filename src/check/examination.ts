import { isIP } from 'node:net'
import type { Milliseconds } from '../cache.ts'
import { ask, type Look, type Reply } from './ask.ts'
import type { ChatFound, Findings, Forwarding, OwncastFound, StreamFound } from './findings.ts'
import { findStream } from './stream.ts'

const userAgent = 'owncast-edge check'
/** Addresses for documentation (RFC 5737): nobody's. */
const invented = ['192.0.2.11', '192.0.2.22', '192.0.2.33']

export interface Patient {
  readonly origin: URL
  readonly timeout: Milliseconds
}

/** Looks at an origin: asks what any player asks, and once a second what a viewer would. Never rejects. */
export async function examine({ origin, timeout }: Patient): Promise<Findings> {
  const look = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    ask(new URL(path, origin), { timeout, headers: { 'User-Agent': userAgent, ...headers } })
  const unknown = { owncast: undefined, stream: noStream, forwarding: offline, chat: 'unreachable' } as const
  let status: Reply
  try {
    status = await look('/api/status')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { origin: origin.origin, ...unknown, reach: { kind: 'failed', detail: code ?? message } }
  }
  const reach = { kind: 'answered', after: status.headAfter, isLocal: isLocal(origin.hostname) } as const
  const owncast = readStatus(status)
  if (owncast === undefined) return { origin: origin.origin, ...unknown, reach }
  const stream = await findStream(look, origin).catch((): StreamFound => ({ kind: 'unreadable' }))
  const forwarding = owncast.isOnline ? await tryForwarding(look) : offline
  return { origin: origin.origin, reach, owncast, stream, forwarding, chat: await tryChat(look) }
}

const noStream: StreamFound = { kind: 'none', status: 0 }
const offline: Forwarding = { kind: 'unknown', why: 'nobody is counted while the stream is offline' }

/** Undefined where this is not what Owncast says (owncast.md §1.1). */
function readStatus({ status, body, askedAt, headAfter }: Reply): OwncastFound | undefined {
  if (status !== 200) return undefined
  try {
    const { versionNumber, online, viewerCount, serverTime } = JSON.parse(body.toString()) as Record<
      string,
      unknown
    >
    if (typeof versionNumber !== 'string' || typeof online !== 'boolean') return undefined
    const said = typeof serverTime === 'string' ? Date.parse(serverTime) : Number.NaN
    return {
      version: versionNumber,
      isOnline: online,
      viewers: typeof viewerCount === 'number' ? viewerCount : undefined,
      // It was written about halfway between asking and the answer.
      clockAhead: Number.isNaN(said) ? undefined : said - (askedAt + headAfter / 2)
    }
  } catch {
    // Some other server's page.
    return undefined
  }
}

/** Lets some invented viewers ping and looks whether each is counted: without X-Forwarded-For they would be one. */
async function tryForwarding(look: Look): Promise<Forwarding> {
  try {
    const before = readStatus(await look('/api/status'))?.viewers ?? 0
    for (const address of invented) await look('/api/ping', { 'X-Forwarded-For': address })
    const after = readStatus(await look('/api/status'))?.viewers
    if (after === undefined)
      return { kind: 'unknown', why: 'Owncast is set to hide how many viewers it counts' }
    return { kind: after - before >= invented.length - 1 ? 'believed' : 'ignored' }
  } catch (error) {
    return { kind: 'unknown', why: `a ping got no answer: ${(error as Error).message}` }
  }
}

/** What a chat's handshake gets (owncast.md §5). */
async function tryChat(look: Look): Promise<ChatFound> {
  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.from(userAgent.slice(0, 16)).toString('base64')
  }
  try {
    const { status, body } = await look('/ws', handshake)
    if (status === 101) return 'open'
    const said = body.toString()
    if (said.includes('CHAT_DISABLED')) return 'disabled'
    return said.includes('MAX_CONNECTIONS') ? 'full' : 'refused'
  } catch {
    return 'unreachable'
  }
}

/** Whether the way to it says nothing about the line at home. */
function isLocal(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) === 0) return bare === 'localhost' || bare.endsWith('.local')
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:)/i.test(bare)
}
