import type { CacheKey, Milliseconds } from './cache.ts'
import { rules } from './policy-rules.ts'

/** What an Owncast request target is (owncast.md §10). */
export type Kind =
  | 'multivariant-playlist'
  | 'media-playlist'
  | 'segment'
  | 'repeating-media'
  | 'status'
  | 'api'
  | 'image'
  | 'asset'
  | 'page'
  /** Anything of an origin that nothing is known of beforehand. */
  | 'resource'

/** How responses of one kind are stored and sent: the operator's overrides of RFC 9111. */
export interface Rule {
  readonly kind: Kind
  /** How long a 200 stays fresh here, whatever the origin says. */
  readonly freshFor: Milliseconds
  /** How long a 404 may be answered from here. Zero: it is not stored. */
  readonly missingFor: Milliseconds
  /** How long after that it may stand in while it is fetched again. */
  readonly revalidateFor: Milliseconds
  /** How long after that it may stand in for an origin that fails. */
  readonly staleFor: Milliseconds
  /** Identity for what is sent as it is; negotiated for text, which the origin compresses. */
  readonly coding: 'identity' | 'negotiated'
  /** What must be true of a whole body before it is stored. */
  readonly body: 'any' | 'playlist' | 'transport-stream'
  /** Ask with If-Modified-Since when it has become stale. */
  readonly conditional: boolean
  /** Replaces the origin's Cache-Control towards clients. */
  readonly cacheControl?: string
  readonly contentType?: string
  /** Any site's player may read it (owncast.md §8.15). */
  readonly crossOrigin: boolean
  /** What it may say that it is; anything else is no such thing and goes past the cache. */
  readonly contentTypes?: RegExp
  /** The directives of the origin that keep it out of the store: `private` where nothing is said. */
  readonly unshared?: RegExp
}

/** What is to be done with a GET or HEAD: answer from the store, send on to the origin, or refuse. */
export type Route =
  | {
      readonly kind: 'stored'
      readonly rule: Rule
      readonly key: CacheKey
      readonly target: string
      readonly keyedBy: KeyedBy
      /** Set where a bucket has it and not Owncast. */
      readonly source?: 'storage'
      /** Set where it is in the making: a range of it is a thing of its own (rfc8216bis §6.2.6). */
      readonly growing?: true
    }
  /** Whatever RFC 9111 allows a shared cache: the request's fields decide too. */
  | { readonly kind: 'shared'; readonly key: CacheKey }
  /** Somebody says that they are watching (owncast.md §4.3). */
  | { readonly kind: 'ping' }
  | { readonly kind: 'bypass' }

/** What a request target is; see `route`. */
export type Policy = (target: string, userAgent: string | undefined) => Route

/** What else, beside the target, tells two stored responses apart. */
export type KeyedBy = 'target' | 'coding' | 'host-and-coding'

/** Which rule a path falls under, the first match counts, and which query parameters distinguish responses. */
const table: readonly { path: RegExp; rule: Rule; query?: RegExp }[] = [
  { path: /^\/hls\/stream\.m3u8$/, rule: rules.multivariant, query: /^_HLS_/ },
  { path: /^\/hls\/\d{1,3}\/stream\.m3u8$/, rule: rules.mediaPlaylist, query: /^_HLS_/ },
  { path: /^\/hls\/(\d{1,3}\/)?(stream-)?offline[\w-]*\.ts$/, rule: rules.repeatingStream },
  { path: /^\/hls\/(\d{1,3}\/)?((stream-)?offline|init)[\w-]*\.(mp4|m4s)$/, rule: rules.repeatingFragment },
  { path: /^\/hls\/\d{1,3}\/stream-[\w-]{5,20}-\d{1,12}\.ts$/, rule: rules.segment },
  { path: /^\/hls\/\d{1,3}\/stream-[\w-]{5,20}-\d{1,12}\.m4s$/, rule: rules.fragment },
  { path: /^\/api\/status$/, rule: rules.status },
  { path: /^\/api\/config$/, rule: rules.config },
  { path: /^\/api\/(video\/variants|yp|schedule|federation\/servers)$/, rule: rules.list },
  { path: /^\/api\/followers$/, rule: rules.list, query: /^(limit|offset)$/ },
  { path: /^\/api\/(emoji|socialplatforms)$/, rule: rules.slowList },
  { path: /^\/(thumbnail\.jpg|preview\.gif)$/, rule: rules.thumbnail },
  { path: /^\/(logo|logo\/external|favicon\.ico)$/, rule: rules.logo },
  { path: /^\/(img\/emoji|public)\/.+\.(png|jpe?g|gif|svg|webp|avif|ico)$/, rule: rules.file },
  {
    path: /^\/_next\/static\/.+\.(js|css|woff2?|json|map|png|jpe?g|gif|svg|webp|ico|mp3)$/,
    rule: rules.hashed
  },
  {
    path: /^\/(img|styles|fonts|locales)\/.+\.(js|css|woff2?|json|png|jpe?g|gif|svg|webp|ico)$/,
    rule: rules.asset
  },
  { path: /^\/(sw\.js|serviceWorker\.js|workbox-[\w-]+\.js|manifest\.json)$/, rule: rules.critical },
  { path: /^\/(customjavascript|robots\.txt)$/, rule: rules.text }
]

/** User agents that surely get Owncast's metadata page at `/` (owncast.md §2.4, rule 2) and surely not its player redirect. */
const surelyBot = /mastodon|pleroma|applebot|whatsapp|matrix|synapse|element|rocket\.chat|duckduckbot/i
const maybePlayer = /mpv|player|vlc|applecoremedia/i

/** A path that different software might read differently is nobody's to store: encoded, dotted, parameters, empty steps. */
const ambiguous = /[^\w./@~+=,()!$&'*: -]|\/\.|\/\/|[ ]/

const bypass: Route = { kind: 'bypass' }
const ping: Route = { kind: 'ping' }

/**
 * What a request target is, for GET and HEAD. Unknown targets, and those that could be read in two ways, bypass the cache.
 * @param target the request target in origin form, query included
 */
export function route(target: string, userAgent: string | undefined): Route {
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const path = foldSlashes(rawPath)
  if (ambiguous.test(path)) return bypass
  if (path === '/') return pageRoute(path, userAgent)
  if (path === '/api/ping') return ping
  for (const { path: pattern, rule, query } of table) {
    if (!pattern.test(path)) continue
    const key = query === undefined || mark < 0 ? path : path + chosenQuery(target.slice(mark + 1), query)
    return {
      kind: 'stored',
      rule,
      key,
      target: key,
      keyedBy: rule.coding === 'negotiated' ? 'coding' : 'target'
    }
  }
  return bypass
}

/** The serving endpoint is joined verbatim, so viewers may come with `//hls/…` (owncast.md §7). */
function foldSlashes(path: string): string {
  return path.startsWith('//hls/') || (path.startsWith('/hls/') && path.includes('//'))
    ? path.replace(/\/{2,}/g, '/')
    : path
}

/** Only bots share the index: a browser's page carries a nonce of its own, and Owncast sends no Vary (§2.4, §8.7). */
function pageRoute(path: string, userAgent: string | undefined): Route {
  if (userAgent === undefined || maybePlayer.test(userAgent) || !surelyBot.test(userAgent)) return bypass
  return { kind: 'stored', rule: rules.botPage, key: `${path} bot`, target: path, keyedBy: 'host-and-coding' }
}

/** What makes no sense of these is a 400, not a playlist without. */
const directive = /^_HLS_(msn|part|skip)$/

/** The parameters whose names count, in order of name, so that neither order nor additions make another key. */
function chosenQuery(query: string, names: RegExp): string {
  const chosen = [...new URLSearchParams(query)].filter(
    ([name, value]) => names.test(name) && (directive.test(name) || /^[\w-]{1,20}$/.test(value))
  )
  if (chosen.length === 0) return ''
  return `?${new URLSearchParams(chosen.sort(([a], [b]) => (a < b ? -1 : 1)))}`
}

/** Answered here with what any cross-origin player may send; Owncast would send a whole body and count a viewer (§2.3). */
export function isMediaTarget(target: string): boolean {
  return target.startsWith('/hls/') || target.startsWith('//hls/')
}

/**
 * The variant whose media playlist is at this path: its number at Owncast and in its bucket; elsewhere, where names tell
 * nothing, the path itself. Undefined for Owncast's multivariant playlist, there or in its bucket.
 */
export function variantOf(path: string): string | undefined {
  const [, number] = /\/(\d{1,3})\/stream\.m3u8$/.exec(path) ?? []
  if (number !== undefined) return number
  return /^\/(hls|storage(\/.*)?)\/stream\.m3u8$/.test(path) ? undefined : path
}
