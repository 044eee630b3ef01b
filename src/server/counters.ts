/** How a request was answered: by the words of the house, each with its name in Cache-Status. */
export type Answer =
  | 'hit'
  | 'miss'
  | 'collapsed'
  | 'stale'
  | 'uncacheable'
  | 'bypass'
  | 'ping'
  | 'refused'
  | 'failed'

/** What the server did, in plain numbers that only grow, but for those that say how many there are now. */
export class ServerCounters {
  readonly answers: Record<Answer, number> = {
    hit: 0,
    miss: 0,
    collapsed: 0,
    stale: 0,
    uncacheable: 0,
    bypass: 0,
    ping: 0,
    refused: 0,
    failed: 0
  }
  /** Chat tunnels that are open now, and all there have been. */
  tunnels = 0
  tunnelsOpened = 0
}
