import { test } from 'tap'
import { accessLine } from '../../src/log/access-line.ts'
import type { AccessRecord } from '../../src/server/access-log.ts'

const record: AccessRecord = {
  at: Date.UTC(2026, 10, 22, 8, 31, 5, 123),
  took: 12.34567,
  address: '203.0.113.9',
  method: 'GET',
  target: '/hls/0/stream.m3u8?accessToken=abc',
  protocol: 'HTTP/1.1',
  status: 200,
  bytes: 1521,
  outcome: 'hit',
  isComplete: true,
  referer: 'https://live.example/?token=t',
  userAgent: 'VLC/3.0 "quoted"'
}

test('a line in the Combined Log Format is what its readers expect', (t) => {
  t.equal(
    accessLine('combined', record),
    '203.0.113.9 - - [22/Nov/2026:08:31:05 +0000] "GET /hls/0/stream.m3u8?accessToken=redacted HTTP/1.1" 200 1521 "https://live.example/?token=redacted" "VLC/3.0 \\"quoted\\""\n'
  )
  const bare = { ...record, bytes: 0, status: 304, referer: undefined, userAgent: undefined }
  t.match(accessLine('combined', bare), /" 304 - "-" "-"\n$/, 'nothing is a dash')
  const later = { ...record, at: record.at + 1000 }
  t.match(accessLine('combined', later), /\[22\/Nov\/2026:08:31:06 \+0000\]/)
  t.end()
})

test('a line in JSON says how a request was answered and how long it took', (t) => {
  t.same(JSON.parse(accessLine('json', record)), {
    time: '2026-11-22T08:31:05.123Z',
    address: '203.0.113.9',
    method: 'GET',
    target: '/hls/0/stream.m3u8?accessToken=redacted',
    protocol: 'HTTP/1.1',
    status: 200,
    bytes: 1521,
    outcome: 'hit',
    durationMs: 12.346,
    complete: true,
    referer: 'https://live.example/?token=redacted',
    userAgent: 'VLC/3.0 "quoted"'
  })
  t.end()
})

test('nothing that a client sends begins another line or ends a field', (t) => {
  const nasty = { ...record, userAgent: 'a\r\n1.2.3.4 - - "GET / HTTP/1.1"\t\x00\x7f\xff\\' }
  const combined = accessLine('combined', nasty)
  t.equal(combined.split('\n').length, 2)
  t.match(combined, /"a\\x0d\\x0a1\.2\.3\.4 - - \\"GET \/ HTTP\/1\.1\\"\\x09\\x00\\x7f\\xff\\\\"\n$/)
  const json = accessLine('json', nasty)
  t.equal(json.split('\n').length, 2)
  t.equal(JSON.parse(json).userAgent, nasty.userAgent)
  t.end()
})
