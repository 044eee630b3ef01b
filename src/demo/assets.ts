import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import type { Seconds } from '../cache.ts'

const page = new URL('./page/', import.meta.url)
const media = new URL('../../media/', import.meta.url)

/** Extension → media type, as Go's mime table has it. */
const types = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.jpg', 'image/jpeg'],
  ['.gif', 'image/gif']
])

/** A file that comes with Owncast. */
export interface Asset {
  readonly type: string
  readonly bytes: Buffer
}

/** What the pages are made of. */
export interface Assets {
  /** path, with a hash of the contents in it → file */
  readonly hashed: ReadonlyMap<string, Asset>
  /** The template of the page, with the hashed paths filled in. */
  readonly index: string
  readonly admin: string
  readonly logo: Asset
  readonly emoji: Asset
  readonly thumbnail: Asset
  readonly preview: Asset
}

/** Reads everything once. Rejects when a file is missing. */
export async function readAssets(): Promise<Assets> {
  const player = new URL(import.meta.resolve('hls.js/dist/hls.min.js'))
  const [index, admin, hls, app, style, logo, emoji, thumbnail, preview] = await Promise.all([
    readFile(new URL('index.html', page), 'utf8'),
    readFile(new URL('admin.html', page), 'utf8'),
    readAsset(player),
    ...['app.js', 'style.css', 'logo.svg', 'heart.svg'].map((name) => readAsset(new URL(name, page))),
    ...['thumbnail.jpg', 'preview.gif'].map((name) => readAsset(new URL(name, media)))
  ] as const)
  const paths = {
    hls: hashedPath('hls', hls!),
    app: hashedPath('app', app!),
    style: hashedPath('style', style!)
  }
  const hashed = new Map([
    [paths.hls, hls!],
    [paths.app, app!],
    [paths.style, style!]
  ])
  const filled = index.replace(/%(hls|app|style)%/g, (_, name: keyof typeof paths) => paths[name])
  return {
    hashed,
    index: filled,
    admin,
    logo: logo!,
    emoji: emoji!,
    thumbnail: thumbnail!,
    preview: preview!
  }
}

async function readAsset(url: URL): Promise<Asset> {
  const bytes = await readFile(fileURLToPath(url))
  return { type: types.get(extname(url.pathname))!, bytes }
}

function hashedPath(name: string, { type, bytes }: Asset): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  return type.startsWith('text/css')
    ? `/_next/static/css/${hash}.css`
    : `/_next/static/chunks/${name}-${hash}.js`
}

/** utils/utils.go: GetCacheDurationSecondsForPath */
export function cacheSeconds(path: string): Seconds {
  if (/\/(thumbnail\.jpg|preview\.gif)$/.test(path)) return 20
  if (/\.(js|css|jpg|png|gif|svg)$/.test(path)) return 2_592_000
  if (/\.(ts|woff2)$/.test(path)) return 31_557_600
  if (/\.(m3u8|html)$/.test(path) || extname(path) === '') return 0
  return 86_400
}
