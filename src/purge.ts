import type { CacheKey } from './cache.ts'
import { type Policy, route } from './policy.ts'

/** What an operator wants to be rid of. */
export type PurgeOrder = (
  | { readonly kind: 'target'; readonly target: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'all' }
) & {
  /** Made stale instead of dropped. */
  readonly isSoft: boolean
}

/** A body that is no purge order: says why. */
export class PurgeOrderError extends Error {}

const example = '{"target":"/thumbnail.jpg"}, {"prefix":"/hls/"} or {"all":true}, optionally with "soft":true'

/** Reads the JSON of a purge. @throws PurgeOrderError */
export function readPurgeOrder(text: string): PurgeOrder {
  const content = parse(text)
  const unknown = Object.keys(content).find((name) => !['target', 'prefix', 'all', 'soft'].includes(name))
  if (unknown !== undefined) throw new PurgeOrderError(`"${unknown}" is not known here: expected ${example}`)
  const { target, prefix, all, soft = false } = content
  if (typeof soft !== 'boolean') throw new PurgeOrderError('"soft" must be true or false')
  const named = [target, prefix, all].filter((value) => value !== undefined)
  if (named.length !== 1) throw new PurgeOrderError(`expected exactly one of: ${example}`)
  if (target !== undefined) return { kind: 'target', target: readPath('target', target), isSoft: soft }
  if (prefix !== undefined) return { kind: 'prefix', prefix: readPath('prefix', prefix), isSoft: soft }
  if (all !== true) throw new PurgeOrderError('"all" must be true')
  return { kind: 'all', isSoft: soft }
}

function parse(text: string): Record<string, unknown> {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new PurgeOrderError(`the body is not JSON: expected ${example}`)
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Record<string, unknown>
  }
  throw new PurgeOrderError(`the body is not a JSON object: expected ${example}`)
}

function readPath(name: string, value: unknown): string {
  if (typeof value === 'string' && value.startsWith('/')) return value
  throw new PurgeOrderError(`"${name}" must be a path that begins with /, such as "/hls/"`)
}

/**
 * Tells which keys an order is about. A target stands for all that is stored of it, in any coding and for any host; it is
 * read as a request would be, so that what a key leaves out of a query need not be named.
 */
export function selects(order: PurgeOrder, policy: Policy = route): (key: CacheKey) => boolean {
  switch (order.kind) {
    case 'all':
      return () => true
    case 'prefix':
      return (key) => key.startsWith(order.prefix)
    case 'target': {
      const found = policy(order.target, undefined)
      const base = 'key' in found ? found.key : order.target
      return (key) => key === base || key.startsWith(`${base} `)
    }
  }
}
