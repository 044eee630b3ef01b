import type { Bytes, Milliseconds, Seconds } from '../cache.ts'
import { type Attributes, attributesOf, nameAndValue, numberOf } from './attributes.ts'

/** A piece of a resource (RFC 8216 §4.3.2.2). */
export interface ByteRange {
  readonly offset: Bytes
  readonly length: Bytes
}

export interface MediaInitialization {
  readonly uri: string
  readonly byteRange: ByteRange | undefined
}

export interface Segment {
  readonly uri: string
  readonly duration: Seconds
  /** Its media sequence number. */
  readonly sequence: number
  readonly discontinuity: boolean
  /** When its first sample was taken, where the playlist says so. */
  readonly programDateTime: Milliseconds | undefined
  readonly byteRange: ByteRange | undefined
  readonly map: MediaInitialization | undefined
  /** Listed, but not to be had (rfc8216bis §4.4.4.7). */
  readonly gap: boolean
}

/** A part of a segment (rfc8216bis §4.4.4.9). */
export interface Part {
  readonly uri: string
  readonly duration: Seconds
  /** The media sequence number of the segment that it is a part of, and its place therein, from 0. */
  readonly sequence: number
  readonly index: number
  readonly independent: boolean
  readonly byteRange: ByteRange | undefined
  readonly gap: boolean
}

/** What will come next (rfc8216bis §4.4.5.3). */
export interface PreloadHint {
  readonly type: 'PART' | 'MAP'
  readonly uri: string
  readonly start: Bytes
  /** Undefined: to the end of the resource. */
  readonly length: Bytes | undefined
}

/** What has been read of the segments so far, and of the one to come what its tags have said. */
export interface Reading {
  /** The media sequence number of the first segment in the text. */
  readonly first: number
  readonly segments: Segment[]
  readonly parts: Part[]
  readonly preloadHints: PreloadHint[]
  /** Where the last range of a resource ended, by URI: the next one without an offset begins there. */
  readonly rangeEnds: Map<string, Bytes>
  map: MediaInitialization | undefined
  coming: Coming
}

interface Coming {
  duration?: Seconds
  discontinuity?: boolean
  programDateTime?: Milliseconds | undefined
  range?: string
  gap?: boolean
  parts?: number
}

/** Reads the segments and parts among the lines of a media playlist, whose first segment has that number. */
export function readSegments(lines: readonly string[], first: number): Reading {
  const reading: Reading = {
    first,
    segments: [],
    parts: [],
    preloadHints: [],
    rangeEnds: new Map(),
    map: undefined,
    coming: {}
  }
  for (const line of lines) {
    if (line.startsWith('#EXT')) readTag(reading, ...nameAndValue(line))
    else if (line !== '' && !line.startsWith('#')) addSegment(reading, line)
  }
  return reading
}

function readTag(reading: Reading, name: string, value: string): void {
  switch (name) {
    case '#EXTINF':
      reading.coming.duration = Number.parseFloat(value) || 0
      break
    case '#EXT-X-DISCONTINUITY':
      reading.coming.discontinuity = true
      break
    case '#EXT-X-GAP':
      reading.coming.gap = true
      break
    case '#EXT-X-BYTERANGE':
      reading.coming.range = value
      break
    case '#EXT-X-PROGRAM-DATE-TIME':
      reading.coming.programDateTime = Date.parse(value) || undefined
      break
    case '#EXT-X-MAP':
      reading.map = mapOf(attributesOf(value))
      break
    case '#EXT-X-PART':
      addPart(reading, attributesOf(value))
      break
    case '#EXT-X-PRELOAD-HINT':
      addPreloadHint(reading, attributesOf(value))
      break
  }
}

function nextSequence(reading: Reading): number {
  return reading.first + reading.segments.length
}

function addSegment(reading: Reading, uri: string): void {
  const { duration, discontinuity, programDateTime, range, gap } = reading.coming
  reading.segments.push({
    uri,
    duration: duration ?? 0,
    sequence: nextSequence(reading),
    discontinuity: discontinuity ?? false,
    programDateTime,
    byteRange: rangeOf(reading, uri, range),
    map: reading.map,
    gap: gap ?? false
  })
  reading.coming = {}
}

function addPart(reading: Reading, attributes: Attributes): void {
  const uri = attributes.get('URI')
  if (uri === undefined) return
  const index = reading.coming.parts ?? 0
  reading.coming.parts = index + 1
  reading.parts.push({
    uri,
    duration: numberOf(attributes.get('DURATION')) ?? 0,
    sequence: nextSequence(reading),
    index,
    independent: attributes.get('INDEPENDENT') === 'YES',
    byteRange: rangeOf(reading, uri, attributes.get('BYTERANGE')),
    gap: attributes.get('GAP') === 'YES'
  })
}

function addPreloadHint(reading: Reading, attributes: Attributes): void {
  const uri = attributes.get('URI')
  const type = attributes.get('TYPE')
  if (uri === undefined || (type !== 'PART' && type !== 'MAP')) return
  const start = numberOf(attributes.get('BYTERANGE-START')) ?? 0
  reading.preloadHints.push({ type, uri, start, length: numberOf(attributes.get('BYTERANGE-LENGTH')) })
}

/** `n[@o]` (RFC 8216 §4.3.2.2): without an offset it follows the last range of the same resource. */
function rangeOf(reading: Reading, uri: string, text: string | undefined): ByteRange | undefined {
  const match = text === undefined ? null : byteRange.exec(text)
  if (match === null) return undefined
  const length = Number(match[1])
  const offset = match[2] === undefined ? (reading.rangeEnds.get(uri) ?? 0) : Number(match[2])
  reading.rangeEnds.set(uri, offset + length)
  return { offset, length }
}

const byteRange = /^\s*(\d+)(?:@(\d+))?\s*$/

function mapOf(attributes: Attributes): MediaInitialization | undefined {
  const uri = attributes.get('URI')
  const match = byteRange.exec(attributes.get('BYTERANGE') ?? '')
  if (uri === undefined) return undefined
  return {
    uri,
    byteRange: match === null ? undefined : { offset: Number(match[2] ?? 0), length: Number(match[1]) }
  }
}
