import fc from 'fast-check'
import HLS from 'hls-parser'
import { test } from 'tap'
import type { MediaPlaylist } from '../../src/hls/media-playlist.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'

const lines = (...all: string[]) => `${all.join('\n')}\n`

const name = fc.stringMatching(/^[a-z0-9]{1,8}\.ts$/)
const segment = fc.record({
  uri: name,
  duration: fc.integer({ min: 1, max: 6000 }).map((n) => n / 1000),
  discontinuity: fc.boolean(),
  at: fc.option(fc.date({ min: new Date(1000), max: new Date('2099-01-01'), noInvalidDate: true }), {
    nil: undefined
  }),
  range: fc.option(fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.nat({ max: 9999 })), { nil: undefined })
})
const playlists = fc.record({
  sequence: fc.nat({ max: 1e6 }),
  discontinuitySequence: fc.nat({ max: 99 }),
  ended: fc.boolean(),
  type: fc.constantFrom(undefined, 'EVENT', 'VOD'),
  segments: fc.array(segment, { minLength: 1, maxLength: 12 })
})

test('a generated media playlist is read as hls-parser reads it', async (t) => {
  HLS.setOptions({ silent: true })
  fc.assert(
    fc.property(playlists, (made) => {
      const text = lines(
        '#EXTM3U',
        '#EXT-X-VERSION:6',
        '#EXT-X-TARGETDURATION:6',
        `#EXT-X-MEDIA-SEQUENCE:${made.sequence}`,
        `#EXT-X-DISCONTINUITY-SEQUENCE:${made.discontinuitySequence}`,
        ...(made.type === undefined ? [] : [`#EXT-X-PLAYLIST-TYPE:${made.type}`]),
        ...made.segments.flatMap((one) => [
          ...(one.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
          ...(one.at === undefined ? [] : [`#EXT-X-PROGRAM-DATE-TIME:${one.at.toISOString()}`]),
          `#EXTINF:${one.duration},`,
          ...(one.range === undefined ? [] : [`#EXT-X-BYTERANGE:${one.range[0]}@${one.range[1]}`]),
          one.uri
        ]),
        ...(made.ended ? ['#EXT-X-ENDLIST'] : [])
      )
      const oracle = HLS.parse(text) as HLS.types.MediaPlaylist
      const read = readPlaylist(text) as MediaPlaylist
      t.match(
        read,
        {
          targetDuration: oracle.targetDuration,
          mediaSequence: oracle.mediaSequenceBase,
          discontinuitySequence: oracle.discontinuitySequenceBase,
          ended: oracle.endlist,
          playlistType: oracle.playlistType
        },
        text
      )
      t.same(
        read.segments.map(({ uri, duration, sequence, discontinuity, programDateTime, byteRange }) => ({
          uri,
          duration,
          sequence,
          discontinuity,
          programDateTime,
          byteRange
        })),
        oracle.segments.map((one) => ({
          uri: one.uri,
          duration: one.duration,
          sequence: one.mediaSequenceNumber,
          discontinuity: one.discontinuity === true,
          programDateTime: one.programDateTime?.getTime(),
          byteRange: one.byterange
            ? { offset: one.byterange.offset, length: one.byterange.length }
            : undefined
        })),
        text
      )
    }),
    { numRuns: 60 }
  )
})
