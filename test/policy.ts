import fc from 'fast-check'
import { test } from 'tap'
import { isMediaTarget, type Kind, type Rule, route, variantOf } from '../src/policy.ts'
import { playlistFreshFor, playlistStaleFor } from '../src/policy-playlist.ts'

const minute = 60_000
const day = 24 * 60 * minute

function ruleOf(target: string, userAgent?: string): Rule | undefined {
  const found = route(target, userAgent)
  return found.kind === 'stored' ? found.rule : undefined
}

/** Every row of owncast.md §10 that is stored: target, kind, how long it is fresh, coding, Cache-Control towards clients. */
const rows: [string, Kind, number, Rule['coding'], string | undefined][] = [
  ['/hls/0/stream-QvAY7ybVg-1005.ts', 'segment', 10 * minute, 'identity', undefined],
  ['/hls/3/stream-EkptA4_-z-0.ts', 'segment', 10 * minute, 'identity', undefined],
  ['/hls/0/stream-QvAY7ybVg-1005.m4s', 'segment', 10 * minute, 'identity', undefined],
  ['/hls/0/offline.ts', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/offline-v2.ts', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/offline.ts', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/stream-offline-0.ts', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/stream-offline-12345.ts', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/init_0.mp4', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/offline-init.mp4', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/offline-v2.m4s', 'repeating-media', 5000, 'identity', 'public, max-age=5'],
  ['/hls/0/stream.m3u8', 'media-playlist', 1000, 'identity', 'no-cache, no-store, must-revalidate'],
  ['/hls/stream.m3u8', 'multivariant-playlist', 1000, 'identity', 'no-cache, no-store, must-revalidate'],
  ['/api/status', 'status', 1000, 'negotiated', undefined],
  ['/api/config', 'api', 2000, 'negotiated', undefined],
  ['/api/video/variants', 'api', 5000, 'negotiated', undefined],
  ['/api/followers?offset=0&limit=24', 'api', 5000, 'negotiated', undefined],
  ['/api/yp', 'api', 5000, 'negotiated', undefined],
  ['/api/schedule', 'api', 5000, 'negotiated', undefined],
  ['/api/federation/servers', 'api', 5000, 'negotiated', undefined],
  ['/api/emoji', 'api', 30_000, 'negotiated', undefined],
  ['/api/socialplatforms', 'api', 30_000, 'negotiated', undefined],
  ['/thumbnail.jpg?1700000000', 'image', 5000, 'identity', undefined],
  ['/preview.gif', 'image', 5000, 'identity', undefined],
  ['/logo', 'image', minute, 'identity', undefined],
  ['/logo/external', 'image', minute, 'identity', undefined],
  ['/favicon.ico', 'image', minute, 'identity', undefined],
  ['/img/emoji/blob/happy.png', 'image', minute, 'identity', undefined],
  ['/public/banner.webp', 'image', minute, 'identity', undefined],
  ['/_next/static/chunks/main-1f2e3d.js', 'asset', 12 * 60 * minute, 'negotiated', undefined],
  ['/_next/static/media/inter.woff2', 'asset', 12 * 60 * minute, 'negotiated', undefined],
  ['/img/platformlogos/a.svg', 'asset', 5 * minute, 'negotiated', undefined],
  ['/styles/ant.css', 'asset', 5 * minute, 'negotiated', undefined],
  ['/fonts/a.woff2', 'asset', 5 * minute, 'negotiated', undefined],
  ['/locales/de/translation.json', 'asset', 5 * minute, 'negotiated', undefined],
  ['/sw.js', 'asset', minute, 'negotiated', 'no-cache'],
  ['/serviceWorker.js', 'asset', minute, 'negotiated', 'no-cache'],
  ['/workbox-4a677df8.js', 'asset', minute, 'negotiated', 'no-cache'],
  ['/manifest.json', 'asset', minute, 'negotiated', 'no-cache'],
  ['/customjavascript', 'asset', 30_000, 'negotiated', undefined],
  ['/robots.txt', 'asset', 30_000, 'negotiated', undefined]
]

test('every row of the policy table has its kind, its time, its coding and its Cache-Control', async (t) => {
  for (const [target, kind, freshFor, coding, cacheControl] of rows) {
    const rule = ruleOf(target)
    t.same(
      [rule?.kind, rule?.freshFor, rule?.coding, rule?.cacheControl],
      [kind, freshFor, coding, cacheControl],
      target
    )
    t.equal(rule?.crossOrigin, target.startsWith('/hls/'), target)
    t.equal(rule?.missingFor, target.includes('.m3u8') ? 500 : target.startsWith('/hls/') ? 1000 : 0, target)
    t.ok((rule?.staleFor ?? 0) <= day)
  }
})

test('media says what it is, and what can be checked of it is', async (t) => {
  const types: [string, string | undefined, Rule['body'], boolean][] = [
    ['/hls/0/stream-abcdefghi-1.ts', 'video/mp2t', 'transport-stream', false],
    ['/hls/0/stream-abcdefghi-1.m4s', 'video/mp4', 'any', false],
    ['/hls/0/offline.ts', 'video/mp2t', 'transport-stream', true],
    ['/hls/0/init_0.mp4', 'video/mp4', 'any', true],
    ['/hls/0/stream.m3u8', undefined, 'playlist', false],
    ['/img/emoji/a.png', undefined, 'any', true]
  ]
  for (const [target, type, body, conditional] of types) {
    const rule = ruleOf(target)
    t.same([rule?.contentType, rule?.body, rule?.conditional], [type, body, conditional], target)
  }
})

test('what is private, acts, or is not known passes by', async (t) => {
  const targets = ['/ws', '/ws?accessToken=x', '/api/chat', '/api/chat?accessToken=x', '/api/chat/register']
  targets.push(
    '/api/auth/indieauth',
    '/api/moderation/chat/user/1',
    '/api/notifications/register',
    '/api/remotefollow'
  )
  targets.push(
    '/api/metrics/playback',
    '/api/metrics/cmcd',
    '/admin',
    '/admin/',
    '/admin/config',
    '/api/admin/status'
  )
  targets.push(
    '/api/integrations/chat',
    '/federation/user/me',
    '/federation/user/me/inbox',
    '/.well-known/webfinger'
  )
  targets.push(
    '/nodeinfo/2.0',
    '/api/v1/instance',
    '/plugins/a/_sse/b',
    '/api/replays',
    '/replay/1',
    '/clip/1'
  )
  targets.push(
    '/clip-thumbnail/a.jpg',
    '/index.html',
    '/embed/video/',
    '/embed/chat/readonly',
    '/debug/vars',
    '/x',
    ''
  )
  targets.push(
    '/public/',
    '/public/page.html',
    '/public/a.js',
    '/hls/',
    '/hls/x.txt',
    '/hls/0/',
    '/api/',
    '/api'
  )
  for (const target of targets) t.same(route(target, 'Mastodon'), { kind: 'bypass' }, target)
  t.same(route('/api/ping', undefined), { kind: 'ping' })
})

test('no path can be passed off as one that is stored', async (t) => {
  const deceptive = [
    '/admin/x.css',
    '/api/chat/x.ts',
    '/api/admin/status.js',
    '/api/chat.js',
    '/api/status.css'
  ]
  deceptive.push('/api/status/', '/api/status/x.js', '/api/status;x=.js', '/api/status%00', '/api/%73tatus')
  deceptive.push(
    '/_next/static/../../api/admin/x.js',
    '/_next/static/..%2f..%2fapi/chat.js',
    '/public/..%5cx.png'
  )
  deceptive.push(
    '/public/./a.png',
    '/public//a.png',
    '/public/.hidden.png',
    '/public/a;b.png',
    '/public/a%2F.png'
  )
  deceptive.push(
    '/hls/0/../../api/chat.ts',
    '/hls/0/stream.m3u8/',
    '/hls/0/stream.m3u8;x',
    '/hls/0%2Fstream.m3u8'
  )
  deceptive.push('/hls/1000/stream.m3u8', '/hls/-1/stream.m3u8', '/hls/0/x/stream.m3u8', '/HLS/0/stream.m3u8')
  deceptive.push(
    '/hls/0/stream-abc-1.ts',
    `/hls/0/stream-${'a'.repeat(21)}-1.ts`,
    '/hls/0/stream-abcdefghi-x.ts'
  )
  deceptive.push(
    '/hls/0/stream-abcdefghi-1.ts.html',
    '/hls/0/stream-abcdefghi-1.TS',
    '/hls/0/stream.m3u8\\',
    '//logo'
  )
  deceptive.push('/hls/0/stream.m3u8#x', '/img/emoji/a.png\n', '/thumbnail.jpg ', '/%', '/\xe9.png')
  for (const target of deceptive) t.same(route(target, undefined), { kind: 'bypass' }, target)
})

test('queries are ignored, but for the parameters that make another response', async (t) => {
  const keys: [string, string][] = [
    ['/hls/0/stream.m3u8?cachebust=1', '/hls/0/stream.m3u8'],
    ['/hls/0/stream.m3u8?', '/hls/0/stream.m3u8'],
    ['/hls/0/stream.m3u8?a?b?c', '/hls/0/stream.m3u8'],
    ['/hls/0/stream.m3u8?_HLS_part=2&x&_HLS_msn=7', '/hls/0/stream.m3u8?_HLS_msn=7&_HLS_part=2'],
    ['/hls/0/stream.m3u8?_HLS_skip=YES', '/hls/0/stream.m3u8?_HLS_skip=YES'],
    // What makes no sense is kept, so that it can be refused.
    ['/hls/0/stream.m3u8?_HLS_msn=%0d%0aX', '/hls/0/stream.m3u8?_HLS_msn=%0D%0AX'],
    ['/hls/0/stream-abcdefghi-7.ts?_HLS_msn=7', '/hls/0/stream-abcdefghi-7.ts'],
    ['/api/followers?limit=5&offset=1&x=1', '/api/followers?limit=5&offset=1'],
    ['/api/followers?offset=1&limit=5', '/api/followers?limit=5&offset=1'],
    [`/api/followers?limit=${'9'.repeat(30)}`, '/api/followers'],
    ['/api/status?accessToken=secret', '/api/status'],
    ['/logo?x=1', '/logo']
  ]
  for (const [target, key] of keys) {
    const found = route(target, undefined)
    t.equal(found.kind, 'stored')
    if (found.kind === 'stored') t.same([found.key, found.target], [key, key], target)
  }
})

test('slashes that a serving endpoint doubled are folded under /hls/ and nowhere else', async (t) => {
  for (const target of ['//hls/0/stream.m3u8', '/hls//0/stream.m3u8', '//hls///0//stream.m3u8?x'])
    t.match(
      route(target, undefined),
      { kind: 'stored', key: '/hls/0/stream.m3u8', target: '/hls/0/stream.m3u8' },
      target
    )
  for (const target of ['//api/status', '/api//status', '///hls/0/stream.m3u8', '//hls/../api/status'])
    t.same(route(target, undefined), { kind: 'bypass' }, target)
})

test('only sure bots share the index, by host and coding', async (t) => {
  for (const agent of [
    'Mastodon/4',
    'http.rb (Mastodon)',
    'Pleroma',
    'WhatsApp/2',
    'Synapse (matrix)',
    'Applebot'
  ])
    t.match(
      route('/', agent),
      { kind: 'stored', target: '/', keyedBy: 'host-and-coding', rule: { kind: 'page' } },
      agent
    )
  for (const agent of [
    undefined,
    '',
    'Mozilla/5.0',
    'VLC',
    'mpv',
    'AppleCoreMedia',
    'Mastodon Player',
    'element vlc'
  ])
    t.same(route('/', agent), { kind: 'bypass' }, agent ?? 'none')
  t.match(route('/?x=1', 'Mastodon'), { kind: 'stored', target: '/' })
})

test('whatever comes, a stored target is an unambiguous path', async () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '..',
    '.',
    '%2e',
    '%2F',
    ';',
    'hls',
    '0',
    'stream',
    'stream.m3u8',
    '.ts',
    '?'
  )
  const more = fc.constantFrom(
    'api',
    'status',
    'chat',
    'admin',
    'public',
    'img',
    'emoji',
    'a.png',
    '\\',
    '\0',
    '#',
    ' '
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, more), { maxLength: 10 }), (pieces) => {
      const found = route(`/${pieces.join('')}`, 'Mastodon')
      if (found.kind !== 'stored') return true
      const [path = ''] = found.target.split('?')
      return /^(\/[\w-][\w.~@+=,()!$&'*: -]*)*\/?$/.test(path) && !/\/(api\/(chat|admin)|admin)/.test(path)
    }),
    { numRuns: 2000 }
  )
})

test('a live playlist is fresh for half its target duration and stands in for one; an ended one never', async (t) => {
  const rule = ruleOf('/hls/0/stream.m3u8') as Rule
  t.same(
    [undefined, 1, 1.5, 2, 3, 10].map((target) => playlistFreshFor(rule, target)),
    [1000, 500, 750, 1000, 1000, 1000]
  )
  t.equal(playlistStaleFor(false, 4), 4000)
  t.equal(playlistStaleFor(true, 4), 0)
  t.equal(playlistStaleFor(false, undefined), 0)
})

test('media targets are those under /hls/, with a doubled slash too', async (t) => {
  for (const target of ['/hls/', '/hls/x', '//hls/x']) t.ok(isMediaTarget(target), target)
  for (const target of ['/hls', '/hlsx', '/api/hls/', '/']) t.notOk(isMediaTarget(target), target)
})

test('a variant is told by its number at Owncast and in its bucket, elsewhere by its path', async (t) => {
  const paths: [string, string | undefined][] = [
    ['/hls/0/stream.m3u8', '0'],
    ['/hls/12/stream.m3u8', '12'],
    ['/hls/stream.m3u8', undefined],
    ['/storage/hls/1/stream.m3u8', '1'],
    ['/storage/hls/stream.m3u8', undefined],
    ['/storage/stream.m3u8', undefined],
    ['/live/cam.m3u8', '/live/cam.m3u8']
  ]
  for (const [path, variant] of paths) t.equal(variantOf(path), variant, path)
})
