import type { Fill, Reply } from '../../cache.ts'
import type { ForwardReason } from '../../http/cache-status.ts'

/** How a fetch came to answer. */
interface Why {
  readonly reason: ForwardReason
  readonly stored: boolean
  readonly collapsed: boolean
  readonly detail?: string
}

/** The reply with a body that is arriving. */
export function filling(fill: Fill, why: Why): Reply {
  return { kind: 'filling', fill, why: { kind: 'forwarded', ...why } }
}
