import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.js'
import { ask, readAnswer, requestBytes } from '../fixtures/client.js'
import { Wire } from '../fixtures/wire.js'

async function start(t) {
  const owncast = await startOwncast({ startupGap: 0, segmentBytes: 4_000_000 })
  t.teardown(() => owncast.close())
  return owncast
}
test('every request is kept, with what it said and what became of it', async (t) => {
  const owncast = await start(t)
  const { body } = await ask(owncast.address, '/api/status?a=b', { fields: ['X-Forwarded-For', '10.0.0.1'] })
  const [request] = owncast.requests.all
  await request.over
  t.match(request, { method: 'GET', target: '/api/status?a=b', connection: 1, status: 200, state: 'done' })
  t.equal(request.sent, body.length)
  t.equal(request.headers['x-forwarded-for'], '10.0.0.1')
  t.ok(request.rawHeaders.includes('X-Forwarded-For'))
})
test('targets are counted, exactly or by pattern, until a reset', async (t) => {
  const { address, requests } = await start(t)
  for (const target of ['/api/ping', '/api/ping', '/api/ping?x', '/api/status']) await ask(address, target)
  t.equal(requests.count('/api/ping'), 2)
  t.equal(requests.count(/ping/), 3)
  t.equal(requests.total, 4)
  t.equal(requests.matching(/status/).length, 1)
  requests.reset()
  t.same([requests.total, requests.bytes, requests.count(/./), requests.all.length], [0, 0, 0, 0])
})
test('the next request for a target can be awaited', async (t) => {
  const { address, requests } = await start(t)
  const third = requests.next(/ping/, 3)
  for (const target of ['/api/ping?1', '/api/status', '/api/ping?2', '/api/ping?3'])
    await ask(address, target)
  t.equal((await third).target, '/api/ping?3')
})
test('a client that leaves in the middle is noted, with the bytes that it was sent', async (t) => {
  const { address, requests } = await start(t)
  const playlist = (await ask(address, '/hls/0/stream.m3u8')).body.toString()
  const seen = requests.next(/\.ts$/)
  const wire = await Wire.to(address)
  wire.socket.pause()
  wire.write(requestBytes(`/hls/0/${playlist.trim().split('\n').at(-1)}`))
  const request = await seen
  wire.destroy()
  await request.over
  t.equal(request.state, 'broken')
})
test('requests on one connection have its number', async (t) => {
  const { address, requests } = await start(t)
  const wire = await Wire.to(address)
  t.teardown(() => wire.destroy())
  for (const target of ['/api/ping?1', '/api/ping?2']) {
    wire.write(requestBytes(target))
    await readAnswer(wire)
  }
  await ask(address, '/api/ping?3')
  t.same(
    requests.all.map(({ target, connection }) => [target, connection]),
    [
      ['/api/ping?1', 1],
      ['/api/ping?2', 1],
      ['/api/ping?3', 2]
    ]
  )
})
