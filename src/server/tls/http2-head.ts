import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'

/** From the fields of a response to what is sent for them: the fields of hits are the same array for a whole second. */
const made = new WeakMap<readonly string[], OutgoingHttpHeaders>()

/** Fields of one connection, which HTTP/2 forbids (RFC 9113 §8.2.2). */
const forbidden: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade'
])

/**
 * The head of a response as HTTP/2 has it, whatever an origin says: Node throws at fields of one connection, at two lines
 * of a field that may have one, and at a status that means nothing.
 * @param fields names and values in turn, in any case, never changed afterwards
 */
export function http2Head(status: number, fields: readonly string[]): OutgoingHttpHeaders {
  const known = made.get(fields)
  const meant = status >= 200 && status <= 599 ? status : 502
  if (known?.[':status'] === meant) return known
  const head: OutgoingHttpHeaders = { ':status': meant }
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (!forbidden.has(name) && !name.startsWith(':')) add(head, name, fields[i + 1] as string)
  }
  made.set(fields, head)
  return head
}

/** The lines of a field are one (RFC 9110 §5.3), but for cookies, whose values may hold commas. */
function add(head: OutgoingHttpHeaders, name: string, value: string): void {
  const before = head[name]
  if (before === undefined) head[name] = value
  else if (name === 'set-cookie') head[name] = [before as string | string[], value].flat()
  else head[name] = `${before as string}, ${value}`
}

export interface SendOptions {
  readonly endStream: boolean
  /** Whether a Date is added where there is none. */
  readonly sendDate: boolean
}

/** Sends a head, unless one was sent or nobody is there any more. */
export function respond(stream: ServerHttp2Stream, head: OutgoingHttpHeaders, options: SendOptions): void {
  if (stream.headersSent || stream.destroyed || stream.closed) return
  stream.respond(head, options as object)
}
