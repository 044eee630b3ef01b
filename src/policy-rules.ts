import type { Milliseconds } from './cache.ts'
import type { Rule } from './policy.ts'

const second: Milliseconds = 1000
const minute = 60 * second
const day = 24 * 60 * minute

const base = {
  missingFor: 0,
  revalidateFor: 0,
  staleFor: 0,
  coding: 'identity',
  body: 'any',
  conditional: false,
  crossOrigin: false
} as const

const playlist = {
  ...base,
  freshFor: second,
  missingFor: 500,
  body: 'playlist',
  crossOrigin: true,
  cacheControl: 'no-cache, no-store, must-revalidate'
} as const
const media = { ...base, missingFor: second, crossOrigin: true } as const

/** How each kind of Owncast's responses is kept (owncast.md §10). */
export const rules = {
  multivariant: { ...playlist, kind: 'multivariant-playlist', staleFor: minute },
  mediaPlaylist: { ...playlist, kind: 'media-playlist' },
  segment: {
    ...media,
    kind: 'segment',
    freshFor: 10 * minute,
    staleFor: 10 * minute,
    body: 'transport-stream',
    contentType: 'video/mp2t'
  },
  fragment: {
    ...media,
    kind: 'segment',
    freshFor: 10 * minute,
    staleFor: 10 * minute,
    contentType: 'video/mp4'
  },
  repeatingStream: {
    ...media,
    kind: 'repeating-media',
    freshFor: 5 * second,
    staleFor: minute,
    conditional: true,
    body: 'transport-stream',
    contentType: 'video/mp2t',
    cacheControl: 'public, max-age=5'
  },
  repeatingFragment: {
    ...media,
    kind: 'repeating-media',
    freshFor: 5 * second,
    staleFor: minute,
    conditional: true,
    contentType: 'video/mp4',
    cacheControl: 'public, max-age=5'
  },
  status: { ...base, kind: 'status', freshFor: second, staleFor: minute, coding: 'negotiated' },
  config: { ...base, kind: 'api', freshFor: 2 * second, staleFor: minute, coding: 'negotiated' },
  list: { ...base, kind: 'api', freshFor: 5 * second, staleFor: minute, coding: 'negotiated' },
  slowList: { ...base, kind: 'api', freshFor: 30 * second, staleFor: 10 * minute, coding: 'negotiated' },
  thumbnail: {
    ...base,
    kind: 'image',
    freshFor: 5 * second,
    revalidateFor: 5 * second,
    staleFor: 10 * minute
  },
  logo: { ...base, kind: 'image', freshFor: minute, revalidateFor: minute, staleFor: day },
  file: { ...base, kind: 'image', freshFor: minute, revalidateFor: minute, staleFor: day, conditional: true },
  hashed: { ...base, kind: 'asset', freshFor: 12 * 60 * minute, staleFor: day, coding: 'negotiated' },
  asset: { ...base, kind: 'asset', freshFor: 5 * minute, staleFor: day, coding: 'negotiated' },
  critical: {
    ...base,
    kind: 'asset',
    freshFor: minute,
    staleFor: day,
    coding: 'negotiated',
    cacheControl: 'no-cache'
  },
  text: { ...base, kind: 'asset', freshFor: 30 * second, staleFor: day, coding: 'negotiated' },
  botPage: {
    ...base,
    kind: 'page',
    freshFor: 10 * second,
    revalidateFor: minute,
    staleFor: minute,
    coding: 'negotiated'
  }
} as const satisfies Record<string, Rule>
