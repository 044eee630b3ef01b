/** What a code of the system, of TLS or of undici means to somebody who runs a server at home. */
const words: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'it refuses connections: nothing listens at that address and port'],
  [/ENOTFOUND|EAI_AGAIN/, 'its name cannot be resolved to an address'],
  [/EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/, 'there is no way through the network to it'],
  [/CONNECT_TIMEOUT|ETIMEDOUT|connect timeout/i, 'it does not accept connections in time'],
  [/HEADERS_TIMEOUT|BODY_TIMEOUT|no answer in time/i, 'it is connected but silent'],
  [/HPE_|HTTPParser|ERR_HTTP/i, 'it does not speak HTTP at that port'],
  [/WRONG_VERSION_NUMBER|EPROTO|packet length too long/i, 'it does not speak TLS at that port'],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [/ALTNAME_INVALID/, 'its certificate is for another name'],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|DEPTH_ZERO/,
    'its certificate is not from a known authority'
  ],
  [/ECONNRESET|UND_ERR_SOCKET|EPIPE|other side closed|socket hang up/i, 'it closed the connection']
]

/** A technical detail in plain words; as it is where nothing is known about it. */
export function inPlainWords(detail: string): string {
  return words.find(([pattern]) => pattern.test(detail))?.[1] ?? detail
}

const kinds: Record<string, string> = {
  'multivariant-playlist': 'the list of variants',
  'media-playlist': 'a playlist',
  segment: 'a segment',
  'repeating-media': 'the offline clip',
  status: "Owncast's status",
  api: 'a part of the page',
  image: 'an image',
  asset: 'a part of the page',
  page: 'a page'
}

/** A kind of response as a viewer would call it. */
export function nameOf(kind: string): string {
  return kinds[kind] ?? 'something'
}

/** A time as one says it: 340 ms, 2.4 s, 3 min, 2 h. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** So many bytes as one says it, in powers of ten. */
export function amount(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  const [unit, size] =
    bytes < 1e6 ? (['kB', 1e3] as const) : bytes < 1e9 ? (['MB', 1e6] as const) : (['GB', 1e9] as const)
  const number = bytes / size
  return `${number < 10 ? number.toFixed(1) : Math.round(number)} ${unit}`
}
