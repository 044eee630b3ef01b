import { test } from 'tap'
import { purge } from '../fixtures/admin.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const playlist = '/hls/0/stream.m3u8'
const media = packets(50)

/** An origin with a picture, a segment and a list. */
async function filled(t: Parameters<typeof ScriptedOrigin.start>[0]) {
  const origin = await ScriptedOrigin.start(t)
  for (const target of ['/logo', segment, '/api/emoji', '/api/status'])
    origin.on(target, (exchange) =>
      exchange.answer(200, [], target === segment ? media : `{"of":"${target}"}`)
    )
  const edge = await edgeBefore(t, origin)
  const take = async (target: string, coding = 'identity'): Promise<void> => {
    await ask(edge.address, target, { fields: ['Accept-Encoding', coding] })
  }
  for (const target of ['/logo', segment, '/api/emoji']) await take(target)
  await take('/api/emoji', 'gzip')
  await until('all are stored', () => edge.read().storedResponses === 4)
  return { origin, edge, take }
}

test('a purge drops what it names, tells how many it were, and the next who asks gets a new one', async (t) => {
  const { origin, edge, take } = await filled(t)
  t.same(
    await purge(edge, { target: '/api/emoji' }),
    { status: 200, answer: { purged: 2 } },
    'in each coding'
  )
  t.equal(edge.read().storedResponses, 2)
  t.same(await purge(edge, { target: '/api/emoji' }), { status: 200, answer: { purged: 0 } })
  await take('/api/emoji')
  t.equal(origin.count('/api/emoji'), 3)
  t.same(await purge(edge, { prefix: '/hls/' }), { status: 200, answer: { purged: 1 } })
  await take('/logo')
  t.equal(origin.count('/logo'), 1, 'what was not named is still here')
  t.same(await purge(edge, { all: true }), { status: 200, answer: { purged: 2 } })
  t.equal(edge.read().storedResponses, 0)
  await until('nothing is held', () => edge.read().heldBytes === 0)
})

test('a soft purge makes stale: asked for anew, but there when the origin fails', async (t) => {
  const { origin, edge } = await filled(t)
  t.same(await purge(edge, { target: segment, soft: true }), { status: 200, answer: { purged: 1 } })
  t.equal(edge.read().storedResponses, 4, 'nothing is dropped')
  const fresh = await ask(edge.address, segment)
  t.notMatch(fresh.field('cache-status'), /hit/)
  t.equal(origin.count(segment), 2)
  await purge(edge, { all: true, soft: true })
  origin.on(segment, (exchange) => exchange.break())
  const standIn = await ask(edge.address, segment)
  t.equal(standIn.status, 200)
  t.same(standIn.body, media)
  t.match(standIn.field('cache-status'), /fwd=stale; .*detail=/)
})

test('what is under way when it is purged goes to those who wait for it, and is not stored', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(segment)
  const waiting = ask(edge.address, segment)
  const exchange = await asked
  t.same(await purge(edge, { all: true }), { status: 200, answer: { purged: 0 } })
  exchange.answer(200, [], media)
  t.same((await waiting).body, media)
  t.equal(edge.read().storedResponses, 0)
  origin.on(segment, (next) => next.answer(200, [], packets(50, 2)))
  t.same((await ask(edge.address, segment)).body, packets(50, 2), 'the next one gets what is there now')
  await until('it is stored', () => edge.read().storedResponses === 1)
})

test('a body that is no order gets a 400 that says why, and nothing is purged', async (t) => {
  const { edge } = await filled(t)
  for (const body of [
    '',
    '{',
    '{"all":false}',
    '{"target":"logo"}',
    '{"target":"/logo","all":true}',
    '{"path":"/logo"}'
  ]) {
    const { status, answer } = await purge(edge, body)
    t.equal(status, 400, body)
    t.match(answer, { error: /expected|must be/ }, body)
  }
  t.equal(edge.read().storedResponses, 4)
})

test('a restart of the stream purges its media and pictures at once', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  let text = mediaPlaylist({ first: 5, id: 'aaaaaaaaa' })
  origin.on(playlist, (exchange) => exchange.answer(200, [], text))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
  origin.on('/thumbnail.jpg', (exchange) => exchange.answer(200, [], 'a picture'))
  origin.on('/logo', (exchange) => exchange.answer(200, [], 'a logo'))
  const edge = await edgeBefore(t, origin, [], clock)
  const old = '/hls/0/stream-aaaaaaaaa-7.ts'
  for (const target of [old, '/hls/0/offline.ts', '/thumbnail.jpg', '/logo', playlist])
    await ask(edge.address, target)
  await until('all are stored', () => edge.read().storedResponses === 5)
  text = mediaPlaylist({ first: 0, id: 'bbbbbbbbb' })
  for (let turn = 0; turn < 400 && !(await ask(edge.address, playlist)).body.includes('bbbbbbbbb'); turn++)
    clock.pass(50)
  origin.on(/aaaaaaaaa|offline|thumbnail/, (exchange) => exchange.answer(404))
  for (const target of [old, '/hls/0/offline.ts', '/thumbnail.jpg'])
    t.equal((await ask(edge.address, target)).status, 404, target)
  t.equal((await ask(edge.address, '/logo')).status, 200, 'the logo is another matter')
  t.equal(origin.count('/logo'), 1)
})

test('another version of Owncast purges everything at once', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [], clock)
  let versionNumber = '0.1.2'
  origin.on('/api/status', (exchange) =>
    exchange.answer(200, [], JSON.stringify({ versionNumber, online: false }))
  )
  origin.on('/styles/site.css', (exchange) => exchange.answer(200, [], `of ${versionNumber}`))
  const style = async (): Promise<string> => (await ask(edge.address, '/styles/site.css')).body.toString()
  const status = async (): Promise<void> => {
    clock.pass(1100)
    await ask(edge.address, '/api/status')
  }
  await status()
  t.equal(await style(), 'of 0.1.2')
  await status()
  t.equal(await style(), 'of 0.1.2')
  t.equal(origin.count('/styles/site.css'), 1, 'the same version changes nothing')
  t.equal(edge.read().originVersion, '0.1.2')
  versionNumber = '0.1.3'
  await status()
  t.equal(await style(), 'of 0.1.3')
  t.equal(edge.read().originVersion, '0.1.3')
})
