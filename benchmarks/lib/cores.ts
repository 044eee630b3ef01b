import { availableParallelism } from 'node:os'

export type Core = number

/**
 * Who runs where: the server under test has a core for itself, the load another one; the origin shares with the load
 * where there are only two.
 */
export function cores(): { readonly load: Core; readonly origin: Core; readonly server: Core } {
  const last = availableParallelism() - 1
  return { load: 0, origin: last >= 2 ? 1 : 0, server: last }
}
