import { test } from 'tap'
import { redacted } from '../../src/log/redact.ts'

test('what lets its reader in is never in a log', (t) => {
  const cases = {
    '/ws?accessToken=abc': '/ws?accessToken=redacted',
    '/ws?a=1&accessToken=abc&b=2': '/ws?a=1&accessToken=redacted&b=2',
    '/api/chat?ACCESSTOKEN=abc': '/api/chat?ACCESSTOKEN=redacted',
    '/x?access%54oken=abc': '/x?access%54oken=redacted',
    '/x?access_token=a=b': '/x?access_token=redacted',
    '/api/auth/indieauth/callback?code=1&state=2':
      '/api/auth/indieauth/callback?code=redacted&state=redacted',
    '/x?key=1&streamKey=2&api_key=3': '/x?key=redacted&streamKey=redacted&api_key=redacted',
    '/x?password=p&passwd=q&secret=s': '/x?password=redacted&passwd=redacted&secret=redacted',
    '/hls/stream.m3u8?accessToken=abc?cachebust=1': '/hls/stream.m3u8?accessToken=redacted',
    '/x?a=b?accessToken=abc': '/x?a=redacted',
    '/x?next=%2Fws%3FaccessToken%3Dabc': '/x?next=redacted',
    'https://joe:secret@live.example/x?token=t': 'https://live.example/x?token=redacted',
    'http://joe@live.example/': 'http://live.example/'
  }
  for (const [target, expected] of Object.entries(cases)) t.equal(redacted(target), expected)
  t.end()
})

test('what lets nobody in stays as it was sent', (t) => {
  for (const target of [
    '/hls/0/stream.m3u8',
    '/hls/stream.m3u8?cachebust=9f',
    '/thumbnail.jpg?1700000000000',
    '/api/followers?offset=0&limit=24',
    '/x?statement=1&encoded=2&keyboard=3',
    '/x?',
    '/x?=&&',
    '/x?%E0%A4%A=1',
    '/@joe/x',
    'https://live.example/page?tab=chat',
    ''
  ])
    t.equal(redacted(target), target)
  t.end()
})
