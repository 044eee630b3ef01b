import type { OutgoingHttpHeaders } from 'node:http2'

/** From the fields of a response to what is sent for them: the fields of hits are the same array for a whole second. */
const made = new WeakMap<readonly string[], OutgoingHttpHeaders>()

/** Fields of one connection, which HTTP/2 forbids (RFC 9113 §8.2.2). */
const forbidden: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade'
])

/** The head of a response as HTTP/2 has it; `fields`: names and values in turn, in any case, never changed afterwards. */
export function http2Head(status: number, fields: readonly string[]): OutgoingHttpHeaders {
  const known = made.get(fields)
  if (known?.[':status'] === status) return known
  const head: OutgoingHttpHeaders = { ':status': status }
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (!forbidden.has(name)) add(head, name, fields[i + 1] as string)
  }
  made.set(fields, head)
  return head
}

function add(head: OutgoingHttpHeaders, name: string, value: string): void {
  const before = head[name]
  if (before === undefined) head[name] = value
  else head[name] = [...[before].flat(), value] as string[]
}
