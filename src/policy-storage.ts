import { type Policy, route } from './policy.ts'

/** Where on this edge the media is found that Owncast keeps in a bucket (owncast.md §7). */
export const storagePrefix = '/storage'

const below = /^\/storage\/(?:[\w.@~+=,-]+\/)*([\w-]+\.(?:m3u8|ts|m4s|mp4))$/

/**
 * What a target is when Owncast's media lies in a bucket: below the prefix, playlists and media by their names, from the
 * bucket's own path; nothing else of the bucket can be reached. Everything else is as without it.
 */
export function routeWithStorage(base: URL): Policy {
  const folder = base.pathname.replace(/\/+$/, '')
  return (target, userAgent) => {
    if (!target.startsWith(`${storagePrefix}/`)) return route(target, userAgent)
    const path = target.split('?', 1)[0] as string
    const name = below.exec(path)?.[1]
    const found = name === undefined || path.includes('..') ? undefined : route(`/hls/0/${name}`, undefined)
    if (found?.kind !== 'stored') return { kind: 'bypass' }
    return { ...found, key: path, target: folder + path.slice(storagePrefix.length), source: 'storage' }
  }
}
