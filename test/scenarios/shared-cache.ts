import { test } from 'tap'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const generic = ['--profile', 'generic']
const minute = ['Cache-Control', 'max-age=60']
const body = Buffer.from('a page that many like to read')

test('a crowd at something that may be shared costs the origin one request', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const asked = origin.next('/page')
  const crowd = Array.from({ length: 30 }, () => ask(edge.address, '/page'))
  const exchange = await asked
  await until('everybody waits', () => edge.read().connections === 30)
  exchange.answer(200, minute, body)
  const answers = await Promise.all(crowd)
  t.equal(origin.requests.length, 1)
  t.ok(answers.every((answer) => answer.status === 200 && answer.body.equals(body)))
  t.match((await ask(edge.address, '/page')).field('cache-status'), /^edge; hit; ttl=\d+$/)
})

test('a crowd at something private is answered each alone, and nobody waits for another a second time', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const held: (() => void)[] = []
  origin.on('/me', (exchange) => {
    const answer = (): void => exchange.answer(200, ['Cache-Control', 'private'], exchange.field('cookie'))
    if (exchange.field('cookie') === 'hold') held.push(answer)
    else answer()
  })
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => ask(edge.address, '/me', { fields: ['Cookie', `id=${i}`] }))
  )
  t.same(
    answers.map((answer) => String(answer.body)),
    Array.from({ length: 10 }, (_, i) => `id=${i}`),
    'each their own'
  )
  const slow = ask(edge.address, '/me', { fields: ['Cookie', 'hold'] })
  await until('one is held', () => held.length === 1)
  t.equal(String((await ask(edge.address, '/me', { fields: ['Cookie', 'id=x'] })).body), 'id=x')
  held[0]?.()
  t.equal(String((await slow).body), 'hold')
})

test('what Vary names tells responses apart, also among those who wait', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const vary = [...minute, 'Vary', 'Accept-Language']
  const inLanguage = (language: string) => ask(edge.address, '/', { fields: ['Accept-Language', language] })
  const asked = origin.next('/')
  const waiting = [inLanguage('de'), inLanguage('fr'), inLanguage('de')]
  const first = await asked
  await until('all wait', () => edge.read().connections === 3)
  origin.on('/', (exchange) => exchange.answer(200, vary, exchange.field('accept-language')))
  const firstLanguage = first.field('accept-language') ?? ''
  first.answer(200, vary, firstLanguage)
  const bodies = (await Promise.all(waiting)).map((answer) => String(answer.body))
  t.same(bodies, ['de', 'fr', 'de'])
  t.equal(String((await inLanguage('FR;q=1')).body), 'fr', 'what means the same is the same')
  t.ok(origin.requests.length <= 3)
  const before = origin.requests.length
  for (let i = 0; i < 40; i++) await ask(edge.address, '/', { fields: ['Accept-Language', `x-${i}`] })
  t.equal(origin.requests.length, before + 40)
  t.ok(edge.read().storedResponses <= 16, 'and no more than some are kept of one target')
})

test('several who ask for something stale share one revalidation, and a 304 renews its fields', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic, clock)
  origin.on('/a', (exchange) => exchange.answer(200, [...minute, 'ETag', '"1"', 'X-Version', '1'], body))
  await ask(edge.address, '/a')
  clock.pass(61_000)
  const asked = origin.next('/a')
  const crowd = Array.from({ length: 10 }, () => ask(edge.address, '/a'))
  const exchange = await asked
  await until('everybody waits', () => edge.read().connections === 10)
  t.equal(exchange.field('if-none-match'), '"1"')
  exchange.answer(304, [...minute, 'ETag', '"1"', 'X-Version', '2'])
  for (const answer of await Promise.all(crowd)) {
    t.equal(answer.status, 200)
    t.same(answer.body, body)
    t.equal(answer.field('x-version'), '2')
  }
  t.equal(origin.requests.length, 2)
  const fields = ['If-None-Match', '"1"']
  t.equal((await ask(edge.address, '/a', { fields })).status, 304, 'and browsers get their 304')
})

test('within stale-while-revalidate nobody waits, and one request goes out behind', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic, clock)
  const fields = ['Cache-Control', 'max-age=10, stale-while-revalidate=30']
  let version = 0
  origin.on('/a', (exchange) => exchange.answer(200, fields, `version ${++version}`))
  await ask(edge.address, '/a')
  clock.pass(11_000)
  const asked = origin.next('/a')
  for (let i = 0; i < 5; i++) t.equal(String((await ask(edge.address, '/a')).body), 'version 1')
  const exchange = await asked
  t.equal(origin.requests.length, 2)
  exchange.answer(200, fields, 'version 2')
  for (let text = ''; text !== 'version 2'; ) text = String((await ask(edge.address, '/a')).body)
  t.equal(origin.requests.length, 2)
})

test('something stale stands in for an origin that fails, unless the origin forbids it', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic, clock)
  origin.on('/a', (exchange) =>
    exchange.answer(200, ['Cache-Control', 'max-age=10, stale-if-error=600'], 'a')
  )
  origin.on('/b', (exchange) => exchange.answer(200, ['Cache-Control', 'max-age=10, must-revalidate'], 'b'))
  origin.on('/c', (exchange) => exchange.answer(200, ['Cache-Control', 'max-age=10'], 'c'))
  for (const target of ['/a', '/b', '/c']) await ask(edge.address, target)
  clock.pass(30_000)
  origin.on(/./, (exchange) => exchange.answer(503, [], 'broken'))
  const stale = await ask(edge.address, '/a')
  t.equal(String(stale.body), 'a')
  t.match(stale.field('cache-status'), /fwd=stale; ttl=-20; detail=unusable/)
  t.equal((await ask(edge.address, '/b')).status, 503)
  t.equal(String((await ask(edge.address, '/c')).body), 'c', 'for as long as --outage says')
  clock.pass(60_000)
  t.equal((await ask(edge.address, '/c')).status, 503)
  t.equal(String((await ask(edge.address, '/a')).body), 'a')
})

test('what breaks off is not stored and does not look whole', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const asked = origin.next('/a')
  const answer = ask(edge.address, '/a')
  const exchange = await asked
  exchange.begin(200, [...minute, 'Content-Length', '1000'])
  exchange.send('x'.repeat(500))
  await until('half of it has come', () => edge.read().originBytes === 500)
  exchange.break()
  t.equal((await answer).isComplete, false)
  origin.on('/a', (exchange) => exchange.answer(200, minute, 'whole'))
  t.equal(String((await ask(edge.address, '/a')).body), 'whole')
  await until('nothing is held', () => edge.read().fills === 0)
})

test('events of one client come as they are sent, and end when the client leaves', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const asked = origin.next('/events')
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/events'))
  const exchange = await asked
  exchange.begin(200, [
    'Content-Type',
    'text/event-stream',
    'Cache-Control',
    'no-cache',
    'Connection',
    'close'
  ])
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    exchange.send(event)
    t.match(String(await wire.readUntil(event)), event)
  }
  wire.destroy()
  await exchange.wire.ended
  await until('nothing is held', () => edge.read().heldBytes === 0)
  t.pass()
})

test('something larger than --max-object-size goes through and is not held', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [...generic, '--max-object-size', '1MB', '--cache-size', '4MB'])
  const film = packets(30_000)
  origin.on('/film.mp4', (exchange) => exchange.answer(200, minute, film))
  t.same((await ask(edge.address, '/film.mp4')).body, film)
  t.same((await ask(edge.address, '/film.mp4')).body, film, 'and again')
  await until('nothing is held', () => edge.read().heldBytes === 0)
})

test('on one connection all kinds of answers keep their framing', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/204', (exchange) => exchange.answer(204, minute))
  origin.on('/301', (exchange) => exchange.answer(301, [...minute, 'Location', '/a'], 'moved'))
  origin.on('/404', (exchange) => exchange.answer(404, minute, 'gone'))
  origin.on('/empty', (exchange) => exchange.answer(200, minute))
  const wire = await Wire.to(edge.address)
  t.teardown(() => wire.destroy())
  for (const round of ['fetched', 'stored'])
    for (const [target, status] of [
      ['/204', 204],
      ['/301', 301],
      ['/404', 404],
      ['/empty', 200]
    ] as const) {
      wire.write(requestBytes(target))
      const answer = await readAnswer(wire)
      t.equal(answer.status, status, `${target} ${round}`)
      t.equal(answer.isComplete, true)
    }
  t.equal(origin.requests.length, 4)
  t.equal((await ask(edge.address, '/204')).field('content-length'), undefined)
})
