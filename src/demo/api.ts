import type { Milliseconds } from '../cache.ts'
import { type Answer, anyOrigin, json, maxAge, noStore, text } from './answer.ts'
import type { Variant } from './clip.ts'
import { answerConfig, type ConfigParts } from './config.ts'
import { answerEmojiImage, answerLogo, answerPreview, answerThumbnail, type ImageParts } from './images.ts'
import type { Received } from './received.ts'
import { answerStatus, type StatusParts } from './status.ts'

export interface ApiParts extends StatusParts, ConfigParts, ImageParts {
  readonly variants: readonly Variant[]
  readonly startedAt: Milliseconds
}

export type Handler = (request: Received) => Answer | Promise<Answer>

/** The public API, pictures and small texts, with the fields of owncast.md §2.5 and §2.6. */
export function apiRoutes(parts: ApiParts): [string, Handler][] {
  const { viewers, variants } = parts
  return [
    ['/api/status', () => answerStatus(parts)],
    ['/api/config', () => answerConfig(parts)],
    [
      '/api/ping',
      ({ ip, userAgent }) => {
        viewers.mark(ip, userAgent)
        return text(200, {}, '')
      }
    ],
    [
      '/api/video/variants',
      () =>
        json(
          200,
          noStore,
          variants.map(({ name }, index) => ({ index, name }))
        )
    ],
    ['/api/emoji', () => text(200, emojiFields, `${JSON.stringify(emoji)}\n`)],
    [
      '/api/socialplatforms',
      () => json(200, anyOrigin, [{ platform: 'Fediverse', key: 'fediverse', icon: '/logo' }])
    ],
    ['/api/followers', () => json(200, noStore, { total: 0, results: [] })],
    ['/api/metrics/playback', () => text(200, {}, '')],
    ['/thumbnail.jpg', () => answerThumbnail(parts)],
    ['/preview.gif', () => answerPreview(parts)],
    ['/logo', () => answerLogo(parts)],
    ['/logo/external', () => answerLogo(parts)],
    ['/img/emoji/heart.svg', () => answerEmojiImage(parts, parts.startedAt)],
    [
      '/customjavascript',
      () => text(200, { 'Content-Type': 'text/javascript; charset=utf-8' }, '// nothing here\n')
    ],
    [
      '/robots.txt',
      () => text(200, { 'Content-Type': 'text/plain' }, 'User-agent: *\nDisallow: /admin\nDisallow: /api\n')
    ]
  ]
}

const emoji = [{ name: 'heart', url: '/img/emoji/heart.svg' }]
// controllers/emoji.go sets no type, so that Go sniffs one.
const emojiFields = { ...maxAge(0), 'Content-Type': 'text/plain; charset=utf-8' }
