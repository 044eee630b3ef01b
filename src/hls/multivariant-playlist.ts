import { type Attributes, attributesOf, numberOf } from './attributes.ts'

/** One quality of the stream (RFC 8216 §4.3.4.2). */
export interface Variant {
  /** Of its media playlist. */
  readonly uri: string
  /** Its peak, in bits per second. */
  readonly bandwidth: number
  readonly averageBandwidth: number | undefined
  readonly codecs: string | undefined
  readonly resolution: { readonly width: number; readonly height: number } | undefined
  readonly frameRate: number | undefined
}

/** An alternative with a playlist of its own (RFC 8216 §4.3.4.1). */
export interface Rendition {
  readonly type: string
  readonly groupId: string
  readonly name: string
  readonly language: string | undefined
  readonly uri: string
}

export interface MultivariantPlaylist {
  readonly kind: 'multivariant'
  readonly variants: readonly Variant[]
  /** Variants of I-frames only, for trick play (RFC 8216 §4.3.4.3). */
  readonly iFrameVariants: readonly Variant[]
  /** Those with a URI: the others are in their variant's own segments. */
  readonly renditions: readonly Rendition[]
}

/** Reads the lines of a multivariant playlist; what it does not know or cannot read is passed over. */
export function readMultivariantPlaylist(lines: readonly string[]): MultivariantPlaylist {
  const variants: Variant[] = []
  const iFrameVariants: Variant[] = []
  const renditions: Rendition[] = []
  let stream: Attributes = new Map()
  for (const line of lines) {
    if (line === '') continue
    if (!line.startsWith('#')) variants.push(variantOf(line, stream))
    else if (line.startsWith('#EXT-X-STREAM-INF:')) stream = attributesOf(line)
    else if (line.startsWith('#EXT-X-MEDIA:')) renditions.push(...renditionsOf(attributesOf(line)))
    else if (line.startsWith('#EXT-X-I-FRAME-STREAM-INF:'))
      iFrameVariants.push(...iFrameVariantsOf(attributesOf(line)))
  }
  return { kind: 'multivariant', variants, iFrameVariants, renditions }
}

function variantOf(uri: string, attributes: Attributes): Variant {
  const resolution = /^(\d+)x(\d+)$/i.exec(attributes.get('RESOLUTION') ?? '')
  return {
    uri,
    bandwidth: numberOf(attributes.get('BANDWIDTH')) ?? 0,
    averageBandwidth: numberOf(attributes.get('AVERAGE-BANDWIDTH')),
    codecs: attributes.get('CODECS'),
    resolution:
      resolution === null ? undefined : { width: Number(resolution[1]), height: Number(resolution[2]) },
    frameRate: numberOf(attributes.get('FRAME-RATE'))
  }
}

function iFrameVariantsOf(attributes: Attributes): Variant[] {
  const uri = attributes.get('URI')
  return uri === undefined ? [] : [variantOf(uri, attributes)]
}

function renditionsOf(attributes: Attributes): Rendition[] {
  const uri = attributes.get('URI')
  if (uri === undefined) return []
  return [
    {
      type: attributes.get('TYPE') ?? '',
      groupId: attributes.get('GROUP-ID') ?? '',
      name: attributes.get('NAME') ?? '',
      language: attributes.get('LANGUAGE'),
      uri
    }
  ]
}
