import { type Test, test } from 'tap'
import { type Ask, ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const noStore = [
  'Cache-Control',
  'no-cache, no-store, must-revalidate',
  'Expires',
  'Thu, 1 Jan 1970 00:00:00 GMT'
]
const aMonth = ['Cache-Control', 'public, max-age=2592000']

/** An origin that answers everything with how often it was asked for it, and an edge whose time stands still. */
async function counting(t: Test, fields: readonly string[] = []) {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  origin.on(/./, (exchange) => exchange.answer(200, fields, String(origin.count(exchange.target))))
  const get = (target: string, options: Ask = {}) => ask(edge.address, target, options)
  const body = async (target: string, options: Ask = {}) => (await get(target, options)).body.toString()
  return { origin, clock, edge, get, body }
}

test('each path of the API and each image is kept for its time, whatever the origin says', async (t) => {
  const { clock, body } = await counting(t, noStore)
  const times: [string, number][] = [
    ['/api/config', 2000],
    ['/api/video/variants', 5000],
    ['/api/yp', 5000],
    ['/api/schedule', 5000],
    ['/api/federation/servers', 5000],
    ['/api/followers?limit=5&offset=10', 5000],
    ['/api/emoji', 30_000],
    ['/api/socialplatforms', 30_000],
    ['/sw.js', 60_000],
    ['/manifest.json', 60_000],
    ['/customjavascript', 30_000],
    ['/robots.txt', 30_000],
    ['/img/emoji.css', 300_000],
    ['/_next/static/chunks/a-1234.js', 12 * 3_600_000]
  ]
  for (const [target, keptFor] of times) {
    t.equal(await body(target), '1', target)
    clock.pass(keptFor - 1)
    t.equal(await body(target), '1', `${target} just before its time is over`)
    clock.pass(1)
    t.equal(await body(target), '2', `${target} just after`)
  }
})

test('the status is kept for a second at most, and clients are told to keep nothing', async (t) => {
  const { clock, body, get, edge } = await counting(t, noStore)
  const first = Number(await body('/api/status'))
  clock.pass(999)
  t.equal(Number(await body('/api/status')), first)
  clock.pass(1)
  t.ok(Number(await body('/api/status')) > first)
  t.match((await get('/api/status')).field('cache-control'), 'no-store')
  t.equal((await get('/api/status')).field('access-control-allow-origin'), undefined)
  t.ok(edge.read().storedResponses > 0)
})

test('images are kept by their path for seconds, and renewed behind the one that is sent', async (t) => {
  const { clock, origin, get, body } = await counting(t, aMonth)
  for (const [target, keptFor] of [
    ['/thumbnail.jpg', 5000],
    ['/preview.gif', 5000],
    ['/logo', 60_000],
    ['/favicon.ico', 60_000],
    ['/public/banner.png', 60_000],
    ['/img/emoji/a.gif', 60_000]
  ] as const) {
    t.equal(await body(`${target}?${1}`), '1')
    t.equal(await body(`${target}?${2}`), '1', `${target} whatever its query`)
    clock.pass(keptFor)
    const asked = origin.next(target)
    const stale = await get(target)
    t.same([stale.body.toString(), stale.field('cache-status')], ['1', 'edge; hit; ttl=0'], target)
    const exchange = await asked
    exchange.answer(200, aMonth, 'new')
    while ((await body(target)) !== 'new') await new Promise((resolve) => setImmediate(resolve))
    t.equal(origin.count(target), 2)
  }
})

test('what stood in for a failed origin does so within its time only', async (t) => {
  const { clock, origin, get } = await counting(t)
  await get('/api/config')
  clock.pass(2001)
  origin.on('/api/config', (exchange) => exchange.answer(500))
  const stale = await get('/api/config')
  t.same([stale.status, stale.body.toString()], [200, '1'])
  t.match(stale.field('cache-status'), /^edge; fwd=stale/)
  clock.pass(60_001)
  t.equal((await get('/api/config')).status, 500)
})

test('texts are kept by coding, and each client gets one that it takes', async (t) => {
  const { origin, get } = await counting(t)
  origin.on('/api/config', (exchange) => {
    const coding = exchange.field('accept-encoding')
    const coded = coding === 'identity' ? [] : ['Content-Encoding', String(coding)]
    exchange.answer(200, [...coded, 'Vary', 'Accept-Encoding'], `in ${coding}`)
  })
  const cases: [string | undefined, string][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['deflate', 'identity'],
    ['identity', 'identity'],
    ['br;q=0, gzip;q=0', 'identity'],
    [undefined, 'identity']
  ]
  for (const [accept, coding] of cases) {
    const answer = await get('/api/config', {
      fields: accept === undefined ? [] : ['Accept-Encoding', accept]
    })
    t.equal(answer.body.toString(), `in ${coding}`, `${accept}`)
    t.equal(answer.field('content-encoding'), coding === 'identity' ? undefined : coding)
    t.equal(answer.field('vary'), 'Accept-Encoding')
  }
  t.equal(origin.count('/api/config'), 3)
})

test('bots share their page by host; browsers, players and unknown agents each get their own', async (t) => {
  const { body, origin } = await counting(t)
  const page = (agent: string, host = 'live.example') => body('/', { fields: ['User-Agent', agent], host })
  t.equal(await page('Mastodon/4.2 (http.rb)'), '1')
  t.equal(await page('Pleroma 2.5'), '1')
  t.equal(await page('Mastodon/4.2', 'other.example'), '2', 'the page names the host')
  t.same(
    origin.requests.map((exchange) => exchange.field('host')),
    ['live.example', 'other.example']
  )
  const own = ['Mozilla/5.0 Firefox', 'VLC/3.0', 'mpv 0.3', 'Mastodon player', '']
  for (const [i, agent] of own.entries()) t.equal(await page(agent), String(3 + i), agent)
})

test('requests with Authorization pass uncached and uncollapsed', async (t) => {
  const { origin, body } = await counting(t)
  await body('/api/status')
  const before = origin.count('/api/status')
  const signed = () => body('/api/status', { fields: ['Authorization', 'Bearer x'] })
  t.equal(new Set(await Promise.all([signed(), signed(), signed()])).size, 3)
  t.ok(origin.count('/api/status') >= before + 3)
  t.equal(origin.requests.at(-1)?.field('authorization'), 'Bearer x')
})

const personal: Record<string, readonly string[]> = {
  'a cookie': ['Set-Cookie', 'a=1'],
  'Cache-Control: private': ['Cache-Control', 'max-age=5, Private'],
  'a Vary by cookie': ['Vary', 'Accept-Encoding, Cookie'],
  'a Vary by everything': ['Vary', '*']
}

for (const [what, fields] of Object.entries(personal)) {
  test(`an answer with ${what} goes to nobody else, not even to those who wait`, async (t) => {
    const { origin, edge, body } = await counting(t)
    origin.on('/api/config', (exchange) => {
      exchange.answer(200, fields, `for ${exchange.field('cookie')}`)
    })
    const cookies = ['a=1', 'a=2', 'a=3', 'a=4']
    const asked = await Promise.all(
      cookies.map((cookie) => body('/api/config', { fields: ['Cookie', cookie] }))
    )
    t.same(
      asked,
      cookies.map((cookie) => `for ${cookie}`)
    )
    t.equal(edge.read().storedResponses, 0)
    t.equal(edge.read().heldBytes, 0)
  })
}

test('who may not see it is told so alone', async (t) => {
  const { origin, get, edge } = await counting(t)
  for (const status of [401, 403, 302]) {
    origin.on('/hls/stream.m3u8', (exchange) =>
      exchange.field('cookie') === 'pass' ? exchange.answer(200, [], 'secret') : exchange.answer(status)
    )
    t.equal((await get('/hls/stream.m3u8')).status, status)
    t.equal((await get('/hls/stream.m3u8', { fields: ['Cookie', 'pass'] })).body.toString(), 'secret')
    t.equal((await get('/hls/stream.m3u8')).status, status)
  }
  t.equal(edge.read().storedResponses, 0)
})

test('what the policy does not name, and every other method, passes uncached', async (t) => {
  const { body, edge } = await counting(t, ['Cache-Control', 'public, max-age=99999'])
  const targets = [
    '/api/chat?accessToken=x',
    '/admin/',
    '/api/admin/status',
    '/federation/user/me',
    '/unknown.js'
  ]
  targets.push(
    '/api/status/',
    '/api/status;x',
    '/api/%73tatus',
    '/hls/../api/status',
    '/api/chat/x.ts',
    '/hls/a.txt'
  )
  for (const target of targets) for (const count of ['1', '2']) t.equal(await body(target), count, target)
  await body('/api/config')
  t.equal(await body('/api/config', { method: 'POST' }), '2')
  t.equal(await body('/api/config'), '1')
  t.equal(edge.read().storedResponses, 1)
})
