import { randomBytes } from 'node:crypto'
import type { Milliseconds } from '../cache.ts'
import { type Answer, anyOrigin, type Fields, maxAge, notFound, text } from './answer.ts'
import { type Assets, cacheSeconds } from './assets.ts'
import { type ConfigParts, readConfig } from './config.ts'
import type { Received } from './received.ts'
import { readStatus, type StatusParts, TITLE } from './status.ts'

const PLAYERS = ['mpv', 'player', 'vlc', 'applecoremedia']
const BOTS =
  /mastodon|pleroma|applebot|whatsapp|matrix|synapse|element|rocket\.chat|duckduckbot|bot\b|crawler|spider|slurp/i
const BOT_PAGE_KEPT: Milliseconds = 10_000

export interface PageParts extends StatusParts, ConfigParts {
  readonly assets: Assets
}

/** Everything that no other route takes (controllers/index.go, controllers/web.go). */
export class Pages {
  readonly #parts: PageParts
  /** Made for the Host of whoever came first, and kept under one key for all. */
  #botPage: { readonly body: string; readonly madeAt: Milliseconds } | undefined

  constructor(parts: PageParts) {
    this.#parts = parts
  }

  answer(request: Received): Answer {
    const { path } = request
    if (path === '/' || path.endsWith('/index.html')) return this.#index(request)
    if (path === '/embed/video')
      return text(301, { ...anyOrigin, ...security().fields, Location: 'video/' }, '')
    if (path === '/embed/video/') return this.#template(this.#parts.assets.index)
    const asset = this.#parts.assets.hashed.get(path)
    if (asset === undefined) return missingPage(request)
    // The files are embedded in the binary and have no time, hence no Last-Modified (owncast.md §2.5).
    const fields = { ...pageFields(path), 'Content-Type': asset.type }
    return { status: 200, fields, body: [asset.bytes], ranges: true }
  }

  /** `/admin/*`, once the password has been checked. */
  admin(): Answer {
    return this.#template(this.#parts.assets.admin)
  }

  #index({ userAgent, headers }: Received): Answer {
    const lower = userAgent.toLowerCase()
    if (PLAYERS.some((player) => lower.includes(player))) return redirectToStream()
    if (BOTS.test(userAgent)) return this.#metadata(headers.host ?? '')
    return this.#template(this.#parts.assets.index)
  }

  #template(template: string): Answer {
    const { nonce, fields } = security()
    const filling = {
      nonce,
      config: inScript(readConfig(this.#parts)),
      status: inScript(readStatus(this.#parts))
    }
    const body = template.replace(
      /%(nonce|config|status)%/g,
      (_, name: keyof typeof filling) => filling[name]
    )
    const type = { 'Content-Type': 'text/html; charset=utf-8' }
    return text(200, { ...maxAge(0), ...anyOrigin, ...fields, ...type }, body)
  }

  #metadata(host: string): Answer {
    const now = this.#parts.clock.now()
    const type: Fields = { 'Content-Type': 'text/html', ...anyOrigin }
    if (this.#botPage !== undefined && now - this.#botPage.madeAt < BOT_PAGE_KEPT) {
      return text(200, type, this.#botPage.body)
    }
    const body = metadataPage(host)
    this.#botPage = { body, madeAt: now }
    return text(200, { ...type, ...maxAge(0) }, body)
  }
}

/** The 404 of a path that is no file of the pages: its fields have been set before anybody looked. */
export function missingPage({ path }: Received): Answer {
  return notFound(pageFields(path))
}

function pageFields(path: string): Fields {
  return { ...maxAge(cacheSeconds(path)), ...anyOrigin, ...security().fields }
}

/** router/middleware/headers.go: a nonce of five characters, a new one in each response. */
function security(): { readonly nonce: string; readonly fields: Fields } {
  const nonce = randomBytes(4).toString('base64url').slice(0, 5)
  const policy = `script-src 'nonce-${nonce}' 'self'; worker-src 'self' blob:`
  return { nonce, fields: { 'Content-Security-Policy': policy } }
}

function redirectToStream(): Answer {
  const fields = { ...anyOrigin, Location: '/hls/stream.m3u8', 'Content-Type': 'text/html; charset=utf-8' }
  return text(307, fields, '<a href="/hls/stream.m3u8">Temporary Redirect</a>.\n\n')
}

/** JSON that cannot end the script element it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function metadataPage(host: string): string {
  const address = `http://${host.replace(/[^\w.:[\]-]/g, '')}`
  return `<!doctype html>
<html><head><title>${TITLE}</title>
<meta property="og:title" content="${TITLE}">
<meta property="og:url" content="${address}/">
<meta property="og:image" content="${address}/thumbnail.jpg">
<meta property="og:video" content="${address}/embed/video">
</head><body><h1>${TITLE}</h1></body></html>
`
}
