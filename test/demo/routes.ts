import { readFile } from 'node:fs/promises'
import { type Test, test } from 'tap'
import { type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { type Ask, ask, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { Wire } from '../fixtures/wire.ts'

async function start(t: Test, options: OwncastOptions = {}) {
  const clock = new ManualClock()
  const owncast = await startOwncast({ clock, startupGap: 0, onlineDelay: 0, ...options })
  t.teardown(() => owncast.close())
  return { clock, owncast, get: (target: string, how?: Ask) => ask(owncast.address, target, how) }
}

const agent = (userAgent: string): Ask => ({ fields: ['User-Agent', userAgent] })
const basic = (password: string) => [
  'Authorization',
  `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
]
const NO_STORE = 'no-cache, no-store, must-revalidate'

/** target → Content-Type, Cache-Control and Access-Control-Allow-Origin, as owncast.md §2.5 and §2.6 have them */
const fields: [string, string | undefined, string | undefined, string | undefined][] = [
  ['/api/status', 'application/json', NO_STORE, undefined],
  ['/api/config', 'application/json', NO_STORE, '*'],
  ['/api/video/variants', 'application/json', NO_STORE, undefined],
  ['/api/followers', 'application/json', NO_STORE, undefined],
  ['/api/emoji', 'text/plain; charset=utf-8', 'public, max-age=0', undefined],
  ['/api/socialplatforms', 'application/json', undefined, '*'],
  ['/api/ping', undefined, undefined, undefined],
  ['/thumbnail.jpg', 'image/jpeg', 'public, max-age=20', undefined],
  ['/preview.gif', 'image/gif', 'public, max-age=20', undefined],
  ['/logo', 'image/svg+xml', 'public, max-age=2592000', undefined],
  ['/img/emoji/heart.svg', 'image/svg+xml', 'public, max-age=2592000', undefined],
  ['/customjavascript', 'text/javascript; charset=utf-8', undefined, undefined],
  ['/robots.txt', 'text/plain', undefined, undefined],
  ['/', 'text/html; charset=utf-8', 'public, max-age=0', '*'],
  ['/embed/video/', 'text/html; charset=utf-8', 'public, max-age=0', '*']
]

for (const [target, type, caching, origin] of fields) {
  test(`${target} has the fields of Owncast`, async (t) => {
    const { get } = await start(t)
    const { status, field } = await get(target)
    t.equal(status, 200)
    t.equal(field('content-type'), type)
    t.equal(field('cache-control'), caching)
    t.equal(field('access-control-allow-origin'), origin)
    t.equal(field('expires'), caching === NO_STORE ? 'Thu, 1 Jan 1970 00:00:00 GMT' : undefined)
    t.equal(field('vary'), 'Accept-Encoding')
  })
}

test('the pictures change every 20 s, and are the logo while nobody streams', async (t) => {
  const { clock, owncast, get } = await start(t)
  const first = (await get('/thumbnail.jpg')).body
  clock.pass(19_999)
  t.same((await get('/thumbnail.jpg')).body, first)
  clock.pass(1)
  t.notSame((await get('/thumbnail.jpg')).body, first)
  owncast.goOffline()
  const logo = (await get('/logo')).body
  const thumbnail = await get('/thumbnail.jpg')
  t.same(thumbnail.body, logo)
  t.equal(thumbnail.field('content-type'), 'image/jpeg', 'whatever it is')
  t.equal((await get('/preview.gif')).field('cache-control'), 'public, max-age=2592000')
})

test('players are sent from the page to the stream', async (t) => {
  const { get } = await start(t)
  for (const name of ['VLC/3.0', 'mpv 0.38', 'AppleCoreMedia/1.0', 'SomePlayer']) {
    const { status, field } = await get('/', agent(name))
    t.same([status, field('location')], [307, '/hls/stream.m3u8'])
  }
  t.equal((await get('/robots.txt', agent('VLC'))).status, 200)
})

test('bots get a page of the Host that asked first, for ten seconds', async (t) => {
  const { clock, get } = await start(t)
  const bot = (host: string) => get('/', { fields: ['Host', host, 'User-Agent', 'Mastodon/4.2'] })
  const first = await bot('a.example')
  t.match(first.body.toString(), /http:\/\/a\.example\/thumbnail\.jpg/)
  t.equal(first.field('cache-control'), 'public, max-age=0')
  const kept = await bot('b.example')
  t.same(kept.body, first.body)
  t.equal(kept.field('cache-control'), undefined)
  clock.pass(10_000)
  t.match((await bot('b.example')).body.toString(), /http:\/\/b\.example\//)
})

test('each page has a nonce of its own, for its own script, and other scripts by a hashed name', async (t) => {
  const { get } = await start(t)
  const nonces = await Promise.all(
    ['/', '/'].map(async (target) => {
      const { body, field } = await get(target, agent('Firefox'))
      const [, nonce] = /^script-src 'nonce-(.{5})' 'self'; worker-src 'self' blob:$/.exec(
        field('content-security-policy') ?? ''
      )!
      t.match(body.toString(), `<script nonce="${nonce}">window.configHydration = {`)
      t.notMatch(body.toString(), /%(nonce|config|status|hls|app|style)%/)
      t.notMatch(body.toString(), /\son\w+=/, 'no handlers in attributes')
      return nonce
    })
  )
  t.not(nonces[0], nonces[1])
})

test('what the page refers to is there, for a month, without a validator', async (t) => {
  const { get } = await start(t)
  const page = (await get('/', agent('Firefox'))).body.toString()
  const files = page.match(/\/_next\/static\/[^"]+/g) ?? []
  t.equal(files.length, 3)
  for (const file of files) {
    const { status, field } = await get(file)
    t.equal(status, 200)
    t.match(field('content-type'), /^text\/(javascript|css); charset=utf-8$/)
    t.equal(field('cache-control'), 'public, max-age=2592000')
    t.equal(field('last-modified'), undefined)
    t.equal(field('accept-ranges'), 'bytes')
  }
  const { status, field } = await get('/_next/static/gone.js')
  t.same([status, field('cache-control')], [404, 'public, max-age=2592000'])
})

test('what there is not is 404 as Go says it', async (t) => {
  const { get } = await start(t)
  const { status, body, field } = await get('/nothing')
  t.same([status, body.toString()], [404, '404 page not found\n'])
  t.equal(field('x-content-type-options'), 'nosniff')
})

test('the custom emoji has a time and answers conditions', async (t) => {
  const { get } = await start(t)
  const since = (await get('/img/emoji/heart.svg')).field('last-modified')!
  t.equal((await get('/img/emoji/heart.svg', { fields: ['If-Modified-Since', since] })).status, 304)
})

test('the admin pages want the password, and are called public all the same', async (t) => {
  const { get } = await start(t)
  for (const target of ['/admin/', '/admin/viewers', '/api/admin/viewers']) {
    const { status, field } = await get(target, { fields: basic('wrong') })
    t.same([status, field('www-authenticate')], [401, 'Basic realm="Owncast Authenticated Request"'])
  }
  const { status, field } = await get('/admin/', { fields: basic('abc123') })
  t.same([status, field('cache-control')], [200, 'public, max-age=0'])
  t.equal((await get('/admin')).field('location'), '/admin/')
})

test('a preflight of the admin API is answered before the password', async (t) => {
  const { get } = await start(t)
  const { status, field } = await get('/api/admin/status', { method: 'OPTIONS' })
  t.equal(status, 204)
  t.equal(field('access-control-allow-origin'), 'http://localhost:3000')
  t.equal(field('access-control-allow-credentials'), 'true')
})

test('the admin API knows who watches and who is banned, and ends the stream by GET', async (t) => {
  const { owncast, get } = await start(t)
  const api = async (name: string, how: Ask = {}) => {
    const { body } = await get(`/api/admin/${name}`, {
      ...how,
      fields: [...basic('abc123'), ...(how.fields ?? [])]
    })
    return JSON.parse(body.toString())
  }
  await get('/api/ping', { fields: ['X-Forwarded-For', '10.0.0.1', 'User-Agent', 'VLC'] })
  t.match(await api('viewers'), [{ ipAddress: '10.0.0.1', userAgent: 'VLC', clientID: /^[0-9a-f]{32}$/ }])
  const body = '{"value":"10.0.0.2"}'
  const post = { method: 'POST', body, fields: ['Content-Length', String(body.length)] }
  await api('chat/users/ipbans/create', post)
  t.same(await api('chat/users/ipbans'), [{ ipAddress: '10.0.0.2' }])
  await api('chat/users/ipbans/remove', post)
  t.same(await api('chat/users/ipbans'), [])
  t.same(await api('chat/clients'), [])
  t.match(await api('status'), { online: true, overallPeakViewerCount: 1 })
  await api('disconnect')
  t.match(await api('status'), { online: false })
  t.same(owncast.viewers().length, 1)
})

test('what is posted to an inbox is kept to the byte', async (t) => {
  const { owncast, get } = await start(t)
  const body = Buffer.from('{ "type": "Follow",\r\n\t"é": 1 }')
  const headers = [
    'Content-Type',
    'application/activity+json',
    'Content-Length',
    String(body.length),
    'Digest',
    'SHA-256=x'
  ]
  const { status } = await get('/federation/user/demo/inbox', { method: 'POST', body, fields: headers })
  t.equal(status, 202)
  t.same(owncast.inbox[0]!.body, body)
  t.match(owncast.inbox[0]!.headers, { digest: 'SHA-256=x', host: /./ })
})

test('who does not speak ActivityPub is sent to the page', async (t) => {
  const { get } = await start(t)
  t.same([(await get('/federation/user/demo')).status], [307])
  const actor = await get('/federation/user/demo', {
    fields: ['Accept', 'application/activity+json', 'Host', 'a.example']
  })
  t.equal(actor.field('content-type'), 'application/activity+json')
  t.equal(JSON.parse(actor.body.toString()).id, 'https://a.example/federation/user/demo')
  const finger = await get('/.well-known/webfinger?resource=acct:demo@a.example')
  t.equal(finger.field('content-type'), 'application/jrd+json')
  t.equal(JSON.parse(finger.body.toString()).subject, 'acct:demo@a.example')
})

test('server-sent events come one by one and never end', async (t) => {
  const { owncast, clock } = await start(t)
  const wire = await Wire.to(owncast.address)
  t.teardown(() => wire.destroy())
  wire.write(requestBytes('/plugins/demo/_sse/clock'))
  const { fields } = await readAnswerHead(wire)
  t.ok(fields.includes('text/event-stream'))
  const event = (await wire.readUntil('\n\n'))?.toString()
  t.match(event, `event: clock\ndata: ${new Date(clock.now()).toISOString()}`)
  const [request] = owncast.requests.all
  wire.destroy()
  await request!.over
  t.equal(request!.state, 'broken')
})

test('the page has what tests in a browser look for', async (t) => {
  const page = await readFile(new URL('../../src/demo/page/index.html', import.meta.url), 'utf8')
  for (const id of ['video', 'chat-log', 'chat-input', 'chat-send', 'status', 'viewers'])
    t.match(page, `id="${id}"`)
})
