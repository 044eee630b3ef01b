import type { LimitMet, LimitName } from '../server/limits/refusals.ts'

/** What happened, and the setting that it goes by. */
const sentences: Readonly<Record<LimitName, (address: string) => string>> = {
  'too-many-connections': () => 'a connection was refused: there are as many as --max-connections',
  'too-many-connections-of-address': (address) =>
    `a connection from ${address} was refused: it has as many as --max-connections-per-address`,
  'too-many-requests': (address) =>
    `a request from ${address} got 429: it sends more than --max-requests-per-address`,
  'too-many-origin-requests': (address) =>
    `a request from ${address} got 429: it sends the origin more than --max-origin-requests-per-address`,
  'too-many-tunnels': (address) =>
    `a chat from ${address} was refused: it has as many as --max-tunnels-per-address`,
  'too-many-fields': (address) => `a request from ${address} got 431: it has more than 1000 header fields`,
  'too-slow': (address) =>
    `${address} was disconnected: it took what it had asked for more slowly than --min-read-rate`,
  'line-full': () => 'a new viewer got 503: the line is full by --max-egress; those who are here go on',
  overloaded: () => 'a request got 503: this process is later than --max-lag allows; video goes on',
  'no-proxy-header': (address) =>
    `a connection from ${address} was refused: it began without the header that --proxy-protocol expects`
}

/** That a limit was met, in one sentence that names it. */
export function limitSentence({ limit, address, times }: LimitMet): string {
  const more = times > 1 ? ` (and ${times - 1} more since it was last told)` : ''
  return sentences[limit](address) + more
}
