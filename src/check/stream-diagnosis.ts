import type { Variant } from '../hls/multivariant-playlist.ts'
import { amount, span } from '../log/plain-words.ts'
import type { Findings, MediaFound, Sample, Source } from './findings.ts'
import type { Remark } from './remark.ts'
import { totalBandwidth } from './stream.ts'

type Live = Extract<MediaFound, { kind: 'live' }>
/** What an edge on a rented machine has, as a rule, of which a tenth goes into headers and caution. */
const usualLine = 900e6

/** What was found of the stream, and what it means for its viewers. */
export function judgeStream({ stream, reach, owncast }: Findings): Remark[] {
  if (stream.kind === 'none') return [noPlaylist(stream.status, owncast?.isOnline === true)]
  if (stream.kind === 'unreadable') return [unreadable]
  const { variants, media, from } = stream
  const remarks = [judgeVariants(variants), judgeSource(from)]
  if (media.kind === 'live') {
    const isLocal = reach.kind === 'answered' && reach.isLocal
    remarks.push(judgeLatency(media), ...judgeLine(media, variants, isLocal && from.kind !== 'storage'))
  } else if (owncast?.isOnline) remarks.push(noMedia)
  return remarks
}

function noPlaylist(status: number, isOnline: boolean): Remark {
  const text = `There is no playlist at /hls/stream.m3u8 (status ${status}).`
  if (!isOnline)
    return { mark: 'note', text: `${text} That is so for some seconds around a start and an end.` }
  return { mark: 'bad', text, advice: 'Look into the log of Owncast: its transcoder may have failed.' }
}

const unreadable: Remark = {
  mark: 'bad',
  text: 'What is at /hls/stream.m3u8 is not a playlist.',
  advice:
    'A proxy in front of Owncast answers with a page of its own: let the edge connect to Owncast itself.'
}

const noMedia: Remark = {
  mark: 'bad',
  text: 'The stream is live, but its playlist is not: players would wait.',
  advice: 'Look into the log of Owncast: its transcoder may have failed, or its storage may refuse it.'
}

function judgeVariants(variants: readonly Variant[]): Remark {
  const names = variants.map(({ resolution, bandwidth }) =>
    resolution === undefined ? megabits(bandwidth) : `${resolution.height}p at ${megabits(bandwidth)}`
  )
  return { mark: 'good', text: `Quality: ${names.join(', ')}.` }
}

function judgeSource(from: Source): Remark {
  switch (from.kind) {
    case 'origin':
      return {
        mark: 'good',
        text: 'The video comes from Owncast itself, with no storage or serving endpoint set.'
      }
    case 'endpoint':
      return {
        mark: 'note',
        text: `Owncast's serving endpoint is set: players are led to ${from.host} for the video.`,
        advice: `See that ${from.host} is this edge's public name; a change counts from the next start of the stream.`
      }
    case 'storage':
      return {
        mark: 'note',
        text: `Owncast keeps its video in external storage, at ${from.address}.`,
        advice: `Start the edge with --storage ${from.address}, so that viewers get the video from it.`
      }
  }
}

/** Owncast's latency levels make segments of 1 to 5 s (owncast.md §3.2). */
function judgeLatency({ targetDuration, segments }: Live): Remark {
  const level = targetDuration >= 1 && targetDuration <= 5 ? Math.round(targetDuration) - 1 : undefined
  const which =
    level === undefined
      ? 'no latency level of Owncast; is the video passed through?'
      : `latency level ${level}`
  const text = `Segments are of ${targetDuration} s (${which}), and ${segments} are listed.`
  if (level !== 0) return { mark: 'good', text }
  return {
    mark: 'note',
    text: `${text} Everything must go well within a second, at home and on the way.`,
    advice: 'If viewers see it stall, raise the latency level by one.'
  }
}

function judgeLine({ sample }: Live, variants: readonly Variant[], isLocal: boolean): Remark[] {
  if (sample === undefined) {
    return [
      {
        mark: 'bad',
        text: 'A segment that is listed could not be fetched.',
        advice: 'Look into the log of Owncast.'
      }
    ]
  }
  const rate = (sample.bytes * 8000) / Math.max(sample.bodyTook, 1)
  const total = totalBandwidth(variants)
  const best = Math.max((sample.bytes * 8) / sample.duration, ...variants.map(({ bandwidth }) => bandwidth))
  const remarks = [judgeSample(sample, rate)]
  if (isLocal) remarks.push(measuredAtHome)
  else remarks.push(judgeFit(rate, total))
  return [...remarks, judgeAudience(best, total, isLocal ? undefined : rate)]
}

function judgeSample({ bytes, duration, took }: Sample, rate: number): Remark {
  const text = `A segment of ${duration.toFixed(1)} s (${amount(bytes)}) came in ${span(took)}, at ${megabits(rate)}.`
  if (took < duration * 500) return { mark: 'good', text }
  const isTooSlow = took > duration * 900
  return {
    mark: isTooSlow ? 'bad' : 'note',
    text: `${text} ${isTooSlow ? 'That is too slow to keep up.' : 'That leaves little room.'}`,
    advice: 'Lower the bitrate in Owncast, or drop a quality, until a segment comes in half of its own time.'
  }
}

const measuredAtHome: Remark = {
  mark: 'note',
  text: 'This was measured within one network, so it says nothing about your line to the internet.',
  advice: 'Run this check on the machine where the edge will stand.'
}

/** An edge takes each quality that somebody watches once. */
function judgeFit(rate: number, total: number): Remark {
  const text = `If all qualities are watched, this edge takes ${megabits(total)} from that line, whoever watches.`
  if (rate > total * 1.3) return { mark: 'good', text }
  return {
    mark: 'bad',
    text: `${text} The line may not carry that.`,
    advice: `Keep the qualities together below ${megabits(rate / 1.3)}.`
  }
}

function judgeAudience(best: number, total: number, rate: number | undefined): Remark {
  const alone =
    rate === undefined
      ? ''
      : `Without an edge that line is enough for about ${count(rate / best)} viewers at the best quality. `
  return {
    mark: 'good',
    text: `${alone}An edge on a line of 1 Gbit/s carries about ${count(usualLine / best)} viewers at the best quality (${megabits(best)} each) for ${megabits(total)} from home.`
  }
}

/** Two digits: what was measured once deserves no more. */
function count(viewers: number): string {
  if (viewers < 1) return 'no'
  const power = 10 ** Math.max(0, Math.floor(Math.log10(viewers)) - 1)
  return String(Math.floor(viewers / power) * power)
}

function megabits(rate: number): string {
  const number = rate / 1e6
  return `${number < 10 ? number.toFixed(1) : Math.round(number)} Mbit/s`
}
