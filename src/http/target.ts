/**
 * The request target that a URI reference in a response comes to, resolved against the request's own host and target
 * (RFC 9110 §10.2.2), or undefined where it leads to another host or nowhere. The scheme does not count: whoever
 * stands before the edge may end TLS.
 */
export function targetOf(reference: string | undefined, host: string, target: string): string | undefined {
  if (reference === undefined) return undefined
  const base = `http://${host}${target}`
  if (!URL.canParse(reference, base)) return undefined
  const url = new URL(reference, base)
  const isHere = /^https?:$/.test(url.protocol) && url.host === new URL(base).host
  return isHere ? url.pathname + url.search : undefined
}
