import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Tells a client what the origin says before its answer (RFC 9110 §15.2): that it is at work (102), and what will be needed
 * (103). Not over HTTP/1.0, which knows no such thing, nor over HTTP/2, where it is told to the one connection only.
 */
export function passOn(
  { httpVersion }: IncomingMessage,
  response: ServerResponse,
  status: number,
  fields: readonly string[]
): void {
  if (httpVersion !== '1.1' || response.headersSent || response.destroyed) return
  if (status === 102) response.writeProcessing()
  else if (status === 103) response.writeEarlyHints(hintsIn(fields))
}

function hintsIn(fields: readonly string[]): Record<string, string | string[]> & { link: string[] } {
  const hints: Record<string, string | string[]> & { link: string[] } = { link: [] }
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (name === 'link') hints.link.push(fields[i + 1] as string)
    else hints[name] = fields[i + 1] as string
  }
  return hints
}
