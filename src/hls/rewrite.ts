/** An absolute URI, on a line of its own or as a URI attribute: what stands before it, its host and all from the path on. */
const absolute = /(^|[:,]URI=")https?:\/\/([^/"\s]+)(\/[^"\s]*)/gim

/**
 * The multivariant playlist with the absolute URIs of media playlists made relative to itself, nothing else changed: with
 * Owncast's serving endpoint they name one edge, and the viewers of all others would leave theirs (owncast.md §7).
 *
 * @param path the playlist's own path, for example `/hls/stream.m3u8`
 * @param hosts the hosts that stand for this stream; undefined: any, as long as the path is below `/hls/`
 */
export function relativised(text: string, path: string, hosts?: readonly string[]): string {
  const directory = path.slice(0, path.lastIndexOf('/') + 1)
  return text.replace(absolute, (all, before: string, host: string, target: string) => {
    // An endpoint configured with a slash at its end gives two of them.
    const single = target.replace(/^\/{2,}/, '/')
    const isOurs = hosts === undefined ? single.startsWith('/hls/') : hosts.includes(host.toLowerCase())
    return isOurs ? before + relativeTo(directory, single) : all
  })
}

function relativeTo(directory: string, target: string): string {
  if (!target.startsWith(directory) || target === directory) return target
  const relative = target.slice(directory.length)
  // A colon before the first slash would make it a scheme (RFC 3986 §4.2); a slash at the start would make it absolute.
  return /^(?:\/|[^/?#]*:)/.test(relative) ? `./${relative}` : relative
}

/**
 * The playlist with the URIs below `storage` leading to `prefix` on this edge: `https://bucket.example/live/a.ts` becomes
 * `/storage/live/a.ts` for the storage `https://bucket.example` and the prefix `/storage`.
 */
export function withPrefix(text: string, storage: string, prefix: string): string {
  const base = withoutSlash(storage).toLowerCase()
  return text.replace(absolute, (all, before: string) => {
    const uri = all.slice(before.length)
    const isBelow = uri.toLowerCase().startsWith(base) && uri[base.length] === '/'
    return isBelow ? before + withoutSlash(prefix) + uri.slice(base.length) : all
  })
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '')
}
