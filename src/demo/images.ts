import type { Clock, Milliseconds } from '../cache.ts'
import { type Answer, maxAge } from './answer.ts'
import type { Asset, Assets } from './assets.ts'
import type { Channel } from './channel.ts'

/** core/transcoder/thumbnailGenerator.go */
const REGENERATED_EVERY: Milliseconds = 20_000

export interface ImageParts {
  readonly assets: Assets
  readonly channel: Channel
  readonly clock: Clock
}

/** `/thumbnail.jpg`: while nobody streams it is a copy of the logo, whatever that is, still called a JPEG. */
export function answerThumbnail(parts: ImageParts): Answer {
  const { thumbnail, logo } = parts.assets
  if (!parts.channel.isConnected) return image({ ...logo, type: thumbnail.type }, 20)
  return image(current(parts, thumbnail), 20)
}

/** `/preview.gif`: without one, it is answered as the logo is, with its long lifetime (controllers/images.go). */
export function answerPreview(parts: ImageParts): Answer {
  if (!parts.channel.isConnected) return answerLogo(parts)
  return image(current(parts, parts.assets.preview), 20)
}

/** `/logo` (controllers/logo.go) */
export function answerLogo({ assets }: ImageParts): Answer {
  return image(assets.logo, 2_592_000)
}

/** A custom emoji; they lie on disk and have a time. */
export function answerEmojiImage({ assets }: ImageParts, madeAt: Milliseconds): Answer {
  return { ...image(assets.emoji, 2_592_000), modifiedAt: madeAt, ranges: true }
}

function image({ type, bytes }: Asset, seconds: number): Answer {
  return { status: 200, fields: { ...maxAge(seconds), 'Content-Type': type }, body: [bytes] }
}

/** Other bytes every 20 s: what follows the end of a picture is ignored by whoever shows it. */
function current({ channel, clock }: ImageParts, { type, bytes }: Asset): Asset {
  const turn = Math.floor((clock.now() - (channel.lastConnectedAt ?? 0)) / REGENERATED_EVERY)
  return { type, bytes: Buffer.concat([bytes, Buffer.from(`\n${turn}\n`)]) }
}
