import type { Bytes, Clock, Milliseconds } from '../cache.ts'
import type { Channel, Phase } from './channel.ts'
import type { Variant } from './clip.ts'
import type { HlsFile, HlsFiles } from './files.ts'
import { namePacket, Padding } from './null-packets.ts'
import {
  appendOffline,
  OFFLINE_SEGMENT,
  offlineName,
  segmentName,
  writeLive,
  writeMultivariant,
  writeOffline
} from './playlists.ts'
import { type Rope, ropeLength } from './rope.ts'
import type { Stream } from './stream.ts'

export interface ClipFilesOptions {
  readonly channel: Channel
  readonly clock: Clock
  readonly variants: readonly Variant[]
  /** Every segment is padded to about this size. */
  readonly segmentBytes: Bytes
  /** Where viewers are sent for the media, '' for here (/api/admin/config/videoservingendpoint). */
  readonly endpoint: string
}

/** The committed clip as an endless stream, and the offline clip before and after it. */
export class ClipFiles implements HlsFiles {
  readonly #options: ClipFilesOptions
  readonly #padding: Padding

  constructor(options: ClipFilesOptions) {
    this.#options = options
    this.#padding = new Padding(options.segmentBytes)
  }

  find(path: string): HlsFile | undefined {
    const phase = this.#options.channel.phase()
    if (phase.kind === 'wiped') return undefined
    if (path === 'stream.m3u8') return this.#multivariant(phase)
    const [, number, name] = path.match(/^(\d+)\/([^/]+)$/) ?? []
    const variant = this.#options.variants[Number(number)]
    if (variant === undefined || name === undefined) return undefined
    if (name === 'stream.m3u8') return this.#playlist(phase, variant)
    return this.#segment(phase, variant, name)
  }

  #multivariant(phase: Exclude<Phase, { kind: 'wiped' }>): HlsFile | undefined {
    if (phase.kind === 'offline') return text(this.#lines(OFFLINE_SEGMENT), phase.since)
    const { stream } = phase
    if (this.#listedEnd(stream) === 0) return undefined
    return text(this.#lines(stream.segment / 1000), stream.completedAt(0))
  }

  #lines(seconds: number): string {
    const { variants, segmentBytes, endpoint } = this.#options
    const lines = variants.map((variant) => {
      const bytes = Math.max(segmentBytes, variant.clip.cut(0, seconds).length)
      return { ...variant, bandwidth: Math.round((bytes * 8 * 1.1) / seconds) }
    })
    return writeMultivariant(lines, endpoint)
  }

  #listedEnd(stream: Stream): number {
    return stream.listed(this.#options.clock.now()).end
  }

  #playlist(phase: Exclude<Phase, { kind: 'wiped' }>, { clip, offline }: Variant): HlsFile | undefined {
    if (phase.kind === 'offline') return text(writeOffline(offline.length, phase.since), phase.since)
    const { stream } = phase
    const listed = stream.listed(this.#options.clock.now())
    if (listed.end === 0) return undefined
    const loop = clip.length / (stream.segment / 1000)
    const playlist = writeLive(stream, listed, loop)
    if (phase.kind === 'ended') return text(appendOffline(playlist, offline.length), phase.at)
    return text(playlist, stream.completedAt(listed.end - 1))
  }

  #segment(phase: Exclude<Phase, { kind: 'wiped' }>, variant: Variant, name: string): HlsFile | undefined {
    if (phase.kind === 'offline') return offlineSegment(variant, name, phase.since)
    if (phase.kind === 'ended' && name === 'offline.ts') {
      return { body: [variant.offline.cut(0, variant.offline.length)], modifiedAt: phase.at }
    }
    const { stream } = phase
    const sequence = Number(name.match(/-(\d+)\.ts$/)?.[1] ?? Number.NaN)
    const { first, end } = stream.existing(this.#options.clock.now())
    if (name !== segmentName(stream, sequence) || sequence < first || sequence >= end) return undefined
    return { body: this.#liveBody(stream, variant, sequence), modifiedAt: stream.completedAt(sequence) }
  }

  #liveBody({ id, segment }: Stream, { clip, resolution }: Variant, sequence: number): Rope {
    const seconds = segment / 1000
    const from = sequence * seconds
    const body = [clip.cutLoop(from, from + seconds), namePacket(`${resolution} ${id} ${sequence}`)]
    return [...body, this.#padding.take(this.#options.segmentBytes - ropeLength(body))]
  }
}

function offlineSegment({ offline }: Variant, name: string, since: Milliseconds): HlsFile | undefined {
  const sequence = Number(name.match(/-(\d+)\.ts$/)?.[1] ?? Number.NaN)
  const from = sequence * OFFLINE_SEGMENT
  if (name !== offlineName(sequence) || from >= offline.length) return undefined
  return { body: [offline.cut(from, from + OFFLINE_SEGMENT)], modifiedAt: since }
}

function text(body: string, modifiedAt: Milliseconds): HlsFile {
  return { body: [Buffer.from(body)], modifiedAt }
}
