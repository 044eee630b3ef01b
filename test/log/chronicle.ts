import { type Test, test } from 'tap'
import { certificateRefused, certificateShown } from '../../src/certificate-events.ts'
import {
  type FetchEnded,
  fetchEnded,
  fillResumed,
  originChanged,
  originUpdated,
  streamChanged
} from '../../src/keeper/events.ts'
import { Chronicle } from '../../src/log/chronicle.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

function chronicle(t: Test): { clock: ManualClock; said: string[] } {
  const clock = new ManualClock()
  const said: string[] = []
  const one = new Chronicle({ clock, outage: () => 60_000 })
  one.follow(({ level, what, text }) => said.push(`${level}: ${what}: ${text}`))
  t.teardown(() => one.close())
  return { clock, said }
}

const failed = (result: string, detail: string): FetchEnded => ({
  key: '/hls/0/stream-abcdefghi-7.ts',
  kind: 'segment',
  took: 10,
  bytes: 0,
  readers: 0,
  result,
  detail
})

test('an origin that is lost and comes back is told of in one plain sentence each', (t) => {
  const { clock, said } = chronicle(t)
  originChanged.publish({ isDown: true, detail: 'ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8080' })
  fetchEnded.publish(failed('unreachable', 'the origin is down'))
  clock.pass(12_000)
  originChanged.publish({ isDown: false, detail: '' })
  t.same(said, [
    'bad: origin lost: it refuses connections: nothing listens at that address and port; what is stored goes on for 60 s',
    'good: origin back: it was away for 12 s'
  ])
  t.end()
})

test('all variants of a stream start, stop and restart together', (t) => {
  const { clock, said } = chronicle(t)
  const happens = (what: string): void => {
    for (const variant of [0, 1]) {
      streamChanged.publish({ key: `/hls/${variant}/stream.m3u8`, what })
      clock.pass(800)
    }
  }
  happens('started')
  happens('left')
  happens('started')
  t.same(said.splice(0), ['good: stream started: it is live, and its playlists are followed'])
  happens('restarted')
  happens('restarted')
  t.same(
    said.splice(0).map((text) => text.split(': ')[1]),
    ['stream restarted', 'stream restarted']
  )
  happens('ended')
  happens('started')
  happens('missing')
  t.same(said, [
    'plain: stream stopped: its playlist has ended',
    'good: stream started: it is live, and its playlists are followed',
    'plain: stream stopped: its playlist is gone'
  ])
  t.end()
})

test('a failure that happens again and again is told of once in ten seconds, with how often', (t) => {
  const { clock, said } = chronicle(t)
  for (let i = 0; i < 5; i++) fetchEnded.publish(failed('timeout', 'UND_ERR_HEADERS_TIMEOUT: x'))
  fetchEnded.publish(failed('unusable', 'a half-written segment'))
  t.equal(said.length, 2)
  clock.pass(10_001)
  fetchEnded.publish(failed('timeout', 'UND_ERR_HEADERS_TIMEOUT: x'))
  t.same(said, [
    'bad: origin slow: no answer in time for a segment (/hls/0/stream-abcdefghi-7.ts): it is connected but silent',
    'bad: answer not usable: a segment (/hls/0/stream-abcdefghi-7.ts): a half-written segment',
    'bad: origin slow: no answer in time for a segment (/hls/0/stream-abcdefghi-7.ts): it is connected but silent (and 4 more before it)'
  ])
  t.end()
})

test('what ends well is not told of', (t) => {
  const { said } = chronicle(t)
  for (const result of ['stored', 'not-modified', 'passed-on', 'uncacheable'])
    fetchEnded.publish(failed(result, ''))
  t.same(said, [])
  t.end()
})

test('breaks, updates and certificates are told of', (t) => {
  const { clock, said } = chronicle(t)
  fillResumed.publish({ key: '/hls/0/stream-abcdefghi-7.ts', from: 1_234_567 })
  fillResumed.publish({ key: '/hls/0/stream-abcdefghi-7.ts', from: 1_234_567 })
  originUpdated.publish({ from: '0.1.2', to: '0.1.3' })
  certificateShown.publish({ source: 'live.example', validUntil: Date.UTC(2027, 0, 1) })
  certificateRefused.publish({ source: 'live.example', detail: 'no answer', retryAt: clock.now() + 60_000 })
  t.same(said, [
    'plain: break resumed: /hls/0/stream-abcdefghi-7.ts broke off and goes on from 1.2 MB',
    'plain: Owncast updated: from 0.1.2 to 0.1.3; everything stored is purged',
    'good: certificate in use: live.example, valid until 2027-01-01',
    'bad: certificate refused: live.example: no answer; tried again in 60 s'
  ])
  t.end()
})

test('whoever comes later is told of the last hundred', (t) => {
  const one = new Chronicle({ clock: new ManualClock(), outage: () => 60_000 })
  for (let i = 0; i < 150; i++) one.tell('plain', 'event', String(i))
  one.close()
  t.equal(one.recent.length, 100)
  t.equal(one.recent.at(-1)?.text, '149')
  t.end()
})

test('tokens in the targets of other servers are not told', (t) => {
  const { said } = chronicle(t)
  const key = '/live/seg-7.ts?token=s3cret&part=2'
  fetchEnded.publish({ ...failed('timeout', 'the origin is silent'), key })
  fillResumed.publish({ key, from: 1_000_000 })
  t.equal(said.length, 2)
  for (const line of said) t.match(line, '/live/seg-7.ts?token=redacted&part=2')
  t.end()
})
