import { fieldValue, type RawFields } from './fields.ts'
import { targetOf } from './target.ts'

/** The methods that change nothing (RFC 9110 §9.2.1). Of an unknown one it is not known, so it is not safe (RFC 9111 §4.4). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Whether a method may change what is stored. */
export function isUnsafe(method: string): boolean {
  return !safe.has(method)
}

/**
 * The request targets whose stored responses are no longer valid after an answer (RFC 9111 §4.4): for an unsafe method
 * that did not fail, the request's own and those of Location and Content-Location, as long as they are on the same host.
 */
export function invalidatedTargets(
  request: { readonly method: string; readonly host: string; readonly target: string },
  response: { readonly status: number; readonly fields: RawFields }
): string[] {
  if (!isUnsafe(request.method) || response.status < 200 || response.status >= 400) return []
  const named = ['location', 'content-location'].map((name) =>
    targetOf(fieldValue(response.fields, name), request.host, request.target)
  )
  return [...new Set([request.target, ...named])].filter((target) => target !== undefined)
}
