import { test } from 'tap'
import { diagnose } from '../../src/check/diagnosis.ts'
import type { Findings, MediaFound, StreamFound } from '../../src/check/findings.ts'
import type { Variant } from '../../src/hls/multivariant-playlist.ts'

const variant = (height: number, bandwidth: number): Variant => ({
  uri: '0/stream.m3u8',
  bandwidth,
  averageBandwidth: undefined,
  codecs: undefined,
  resolution: { width: height * 2, height },
  frameRate: undefined
})

const live: MediaFound = {
  kind: 'live',
  targetDuration: 3,
  segments: 10,
  sample: { bytes: 2_250_000, duration: 3, took: 1250, bodyTook: 1200 }
}
const found: Extract<StreamFound, { kind: 'found' }> = {
  kind: 'found',
  variants: [variant(1080, 6e6), variant(480, 1.5e6)],
  media: live,
  from: { kind: 'origin' }
}

const healthy: Findings = {
  origin: 'http://live.example',
  reach: { kind: 'answered', after: 12, isLocal: false },
  owncast: { version: '0.1.3', isOnline: true, viewers: 3, clockAhead: 40 },
  stream: found,
  forwarding: { kind: 'believed' },
  chat: 'open'
}

/** Everything that is said, and everything that should be changed. */
function said(findings: Partial<Findings>): { text: string; advice: string } {
  const { remarks } = diagnose({ ...healthy, ...findings })
  return {
    text: remarks.map(({ mark, text }) => `${mark}: ${text}`).join('\n'),
    advice: remarks.flatMap(({ advice }) => advice ?? []).join('\n')
  }
}

test('a healthy origin is described, and nothing is to be changed', (t) => {
  const { text, advice } = said({})
  t.equal(advice, '')
  for (const expected of [
    'good: It answers, in 12 ms.',
    'good: It is Owncast 0.1.3.',
    'good: The stream is live, with 3 viewers.',
    'good: Quality: 1080p at 6.0 Mbit/s, 480p at 1.5 Mbit/s.',
    'good: The video comes from Owncast itself, with no storage or serving endpoint set.',
    'good: Segments are of 3 s (latency level 2), and 10 are listed.',
    'good: A segment of 3.0 s (2.3 MB) came in 1.3 s, at 15 Mbit/s.',
    'good: If all qualities are watched, this edge takes 7.5 Mbit/s from that line, whoever watches.',
    'good: Chat opens.'
  ])
    t.ok(text.includes(expected), expected)
  t.match(
    text,
    /Without an edge that line is enough for about 2 viewers.*1 Gbit\/s carries about 150 viewers/
  )
  t.match(text, /Owncast believes X-Forwarded-For/)
  t.match(text, /Its clock agrees/)
  t.end()
})

test('what cannot be reached or is no Owncast ends the examination', (t) => {
  const away = diagnose({ ...healthy, reach: { kind: 'failed', detail: 'ECONNREFUSED' } })
  t.equal(away.isUsable, false)
  t.equal(away.remarks.length, 1)
  t.match(away.remarks[0], { mark: 'bad', text: /cannot be reached: it refuses connections/ } as never)
  const other = diagnose({ ...healthy, owncast: undefined })
  t.equal(other.isUsable, false)
  t.match(other.remarks.at(-1), { mark: 'bad', text: /not Owncast/ } as never)
  t.end()
})

test('each thing that is wrong is named, with what to change', (t) => {
  const owncast = { version: '0.1.3', isOnline: true, viewers: 3, clockAhead: 40 }
  const cases: readonly [Partial<Findings>, RegExp, RegExp][] = [
    [{ owncast: { ...owncast, version: '0.1.2' } }, /bad: It is Owncast 0\.1\.2\. .*IPv6/, /Update Owncast/],
    [
      { owncast: { ...owncast, version: '0.0.13' } },
      /bad: It is Owncast 0\.0\.13\. .*older/,
      /Update Owncast/
    ],
    [{ owncast: { ...owncast, isOnline: false } }, /note: The stream is offline/, /while you are streaming/],
    [{ owncast: { ...owncast, clockAhead: -61_000 } }, /bad: Its clock is 61 s behind/, /NTP/],
    [
      { forwarding: { kind: 'ignored' } },
      /bad: X-Forwarded-For is not believed/,
      /proxy in front of Owncast/
    ],
    [{ chat: 'refused' }, /bad: Chat does not open/, /Upgrade/],
    [{ chat: 'full' }, /bad: Chat is full/, /more files/],
    [{ stream: { kind: 'none', status: 404 } }, /bad: There is no playlist.*404/, /transcoder/],
    [{ stream: { kind: 'unreadable' } }, /bad: .*not a playlist/, /proxy in front/],
    [
      { stream: { ...found, media: { kind: 'ended' } } },
      /bad: The stream is live, but its playlist is not/,
      /transcoder/
    ],
    [
      { stream: { ...found, from: { kind: 'endpoint', host: 'cdn.example' } } },
      /note: .*serving endpoint is set: players are led to cdn\.example/,
      /public name/
    ],
    [
      { stream: { ...found, from: { kind: 'storage', address: 'https://bucket.example/hls' } } },
      /note: .*external storage, at https:\/\/bucket\.example\/hls/,
      /--storage https:\/\/bucket\.example\/hls/
    ],
    [
      { stream: { ...found, media: { ...live, targetDuration: 1 } } },
      /note: Segments are of 1 s \(latency level 0\).*within a second/,
      /raise the latency level/
    ],
    [
      { stream: { ...found, media: { ...live, sample: undefined } } },
      /bad: A segment that is listed could not be fetched/,
      /log of Owncast/
    ],
    [
      {
        stream: {
          ...found,
          media: { ...live, sample: { bytes: 2_250_000, duration: 3, took: 2900, bodyTook: 2900 } }
        }
      },
      /bad: A segment .*too slow to keep up[\s\S]*bad: If all qualities are watched.*may not carry that/,
      /Lower the bitrate[\s\S]*Keep the qualities together below 4\.8 Mbit\/s/
    ],
    [
      { reach: { kind: 'answered', after: 1, isLocal: true } },
      /note: This was measured within one network/,
      /machine where the edge will stand/
    ]
  ]
  for (const [findings, text, advice] of cases) {
    t.match(said(findings).text, text)
    t.match(said(findings).advice, advice)
  }
  t.end()
})

test('what cannot be told is said so, without advice', (t) => {
  const { text, advice } = said({
    forwarding: { kind: 'unknown', why: 'Owncast hides it' },
    chat: 'disabled'
  })
  t.match(text, /note: Whether X-Forwarded-For is believed cannot be told: Owncast hides it\./)
  t.match(text, /note: Chat is turned off/)
  t.equal(advice, '')
  const passthrough = said({ stream: { ...found, media: { ...live, targetDuration: 9 } } })
  t.match(passthrough.text, /Segments are of 9 s \(no latency level of Owncast/)
  t.end()
})
