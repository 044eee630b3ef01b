import { test } from 'tap'
import { type Directives, isMet, isTooFarAhead, readDirectives } from '../../src/hls/directives.ts'
import type { MediaPlaylist } from '../../src/hls/media-playlist.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'

test('delivery directives are read and brought into one order', async (t) => {
  const table: [string, Directives][] = [
    ['', { msn: undefined, part: undefined, skip: undefined, canonical: '' }],
    ['cachebust=1f&CMCD=x', { msn: undefined, part: undefined, skip: undefined, canonical: '' }],
    ['_HLS_msn=12', { msn: 12, part: undefined, skip: undefined, canonical: '_HLS_msn=12' }],
    [
      '?_HLS_skip=YES&a=b&_HLS_part=0&_HLS_msn=12',
      { msn: 12, part: 0, skip: 'YES', canonical: '_HLS_msn=12&_HLS_part=0&_HLS_skip=YES' }
    ],
    ['_HLS_skip=v2', { msn: undefined, part: undefined, skip: 'v2', canonical: '_HLS_skip=v2' }],
    ['_HLS_new=a%26b', { msn: undefined, part: undefined, skip: undefined, canonical: '_HLS_new=a%26b' }]
  ]
  for (const [query, directives] of table) t.same(readDirectives(query), directives, query)
})

test('directives that make no sense are invalid', async (t) => {
  const queries = [
    '_HLS_part=1',
    '_HLS_msn=',
    '_HLS_msn=-1',
    '_HLS_msn=1.5',
    '_HLS_msn=x',
    '_HLS_msn=1&_HLS_part=a',
    '_HLS_skip=NO',
    '_HLS_msn=1&_HLS_msn=2',
    '_HLS_msn=9999999999999999'
  ]
  for (const query of queries) t.equal(readDirectives(query), 'invalid', query)
})

/** Segments 10 and 11, and two parts of 12. */
const text = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:10
#EXTINF:4,
10.mp4
#EXT-X-PART:DURATION=0.5,URI="11.0.mp4"
#EXTINF:4,
11.mp4
#EXT-X-PART:DURATION=0.5,URI="12.0.mp4"
#EXT-X-PART:DURATION=0.5,URI="12.1.mp4"
`
const playlist = readPlaylist(text) as MediaPlaylist
const ended = readPlaylist(`${text}#EXT-X-ENDLIST\n`) as MediaPlaylist
const asked = (query: string) => readDirectives(query) as Directives

test('a playlist that has what is waited for answers at once', async (t) => {
  for (const query of [
    '',
    '_HLS_msn=3',
    '_HLS_msn=11',
    '_HLS_msn=11&_HLS_part=99',
    '_HLS_msn=12&_HLS_part=1'
  ])
    t.equal(isMet(asked(query), playlist), true, query)
  for (const query of ['_HLS_msn=12', '_HLS_msn=12&_HLS_part=2', '_HLS_msn=13', '_HLS_msn=13&_HLS_part=0'])
    t.equal(isMet(asked(query), playlist), false, query)
  t.equal(isMet(asked('_HLS_msn=99'), ended), true, 'nothing more will come')
  const without = readPlaylist(text.replaceAll(/#EXT-X-PART:.*"12\..*\n/g, '')) as MediaPlaylist
  t.equal(isMet(asked('_HLS_msn=11&_HLS_part=0'), without), true)
  t.equal(isMet(asked('_HLS_msn=11&_HLS_part=1'), without), false, 'the first part of 12 is still to come')
})

test('nobody waits for what is too far ahead', async (t) => {
  for (const query of [
    '',
    '_HLS_msn=11',
    '_HLS_msn=13',
    '_HLS_msn=13&_HLS_part=5',
    '_HLS_msn=12&_HLS_part=7',
    '_HLS_msn=3&_HLS_part=99'
  ])
    t.equal(isTooFarAhead(asked(query), playlist), false, query)
  for (const query of [
    '_HLS_msn=14',
    '_HLS_msn=99',
    '_HLS_msn=12&_HLS_part=8',
    '_HLS_msn=13&_HLS_part=6',
    '_HLS_msn=11&_HLS_part=99'
  ])
    t.equal(isTooFarAhead(asked(query), playlist), true, query)
  t.equal(isTooFarAhead(asked('_HLS_msn=14'), playlist, 1), false, 'a second later there may be one more')
  t.equal(isTooFarAhead(asked('_HLS_msn=15'), playlist, 1), true)
  t.equal(isTooFarAhead(asked('_HLS_msn=12&_HLS_part=9'), playlist, 1), false, 'or two more parts')
  t.equal(isTooFarAhead(asked('_HLS_msn=12&_HLS_part=10'), playlist, 1), true)
  t.equal(isTooFarAhead(asked('_HLS_msn=99'), ended), false)
})
