import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.js'
import { ask, readAnswer, requestBytes } from '../fixtures/client.js'
import { Wire } from '../fixtures/wire.js'

async function start(t) {
  const owncast = await startOwncast({ startupGap: 0 })
  t.teardown(() => owncast.close())
  const playlist = await ask(owncast.address, '/hls/0/stream.m3u8')
  const segment = `/hls/0/${playlist.body.toString().trim().split('\n').at(-1)}`
  const whole = await ask(owncast.address, segment)
  return {
    owncast,
    segment,
    length: whole.body.length,
    get: (target) => ask(owncast.address, target)
  }
}
/** Sends a request on a connection that stays, and hands that over. */
async function send(t, { address }, target) {
  const wire = await Wire.to(address)
  t.teardown(() => wire.destroy())
  wire.write(requestBytes(target))
  return wire
}
test('a fault is for the targets and the number of requests that it names', async (t) => {
  const { owncast, get } = await start(t)
  owncast.faults.add({ kind: 'status', status: 503, target: /status$/, times: 2 })
  t.equal((await get('/api/config')).status, 200)
  t.equal((await get('/api/status')).status, 503)
  t.equal((await get('/api/status')).status, 503)
  t.equal((await get('/api/status')).status, 200)
})
test('a fault can be taken away, and all of them', async (t) => {
  const { owncast, get } = await start(t)
  const remove = owncast.faults.add({ kind: 'status', status: 500 })
  remove()
  t.equal((await get('/api/status')).status, 200)
  owncast.faults.add({ kind: 'status', status: 500 })
  owncast.faults.clear()
  t.equal((await get('/api/status')).status, 200)
})
test('missing: a listed segment is 404 as if it was not there, as often as told', async (t) => {
  const { owncast, get, segment } = await start(t)
  owncast.faults.add({ kind: 'missing', target: /\.ts$/, times: 1 })
  const { status, field } = await get(segment)
  t.equal(status, 404)
  t.equal(field('cache-control'), 'public, max-age=31557600')
  t.equal((await get(segment)).status, 200)
})
test('hold: nothing is sent until the release, and the arrivals can be awaited', async (t) => {
  const { owncast, get, segment, length } = await start(t)
  const gate = owncast.faults.hold(/\.ts$/)
  const answers = [get(segment), get(segment)]
  await gate.arrived(2)
  t.equal(gate.arrivals.length, 2)
  t.equal(gate.arrivals[0].status, undefined)
  t.equal((await get('/api/ping')).status, 200, 'others are not held')
  gate.release()
  for (const { body } of await Promise.all(answers)) t.equal(body.length, length)
  t.equal((await get(segment)).status, 200, 'released is released')
})
test('hold in the middle: so much of the body, and the rest after the release', async (t) => {
  const { owncast, segment, length } = await start(t)
  const gate = owncast.faults.hold(/\.ts$/, { after: 1000, times: 1 })
  const wire = await send(t, owncast, segment)
  await gate.arrived()
  t.equal(gate.arrivals[0].sent, 1000)
  gate.release()
  t.equal((await readAnswer(wire)).body.length, length)
})
test('hang: the connection stays and nothing comes', async (t) => {
  const { owncast } = await start(t)
  owncast.faults.add({ kind: 'hang', target: /status/ })
  const seen = owncast.requests.next(/status/)
  const wire = await send(t, owncast, '/api/status')
  await seen
  const other = await send(t, owncast, '/api/ping')
  await readAnswer(other)
  t.equal(wire.received, 0)
  t.equal(wire.hasEnded, false)
})
test('latency: the head comes later', async (t) => {
  const { owncast, get } = await start(t)
  owncast.faults.add({ kind: 'latency', ms: 50 })
  const askedAt = performance.now()
  t.equal((await get('/api/status')).status, 200)
  t.ok(performance.now() - askedAt >= 49)
})
test('break: the connection ends after so many bytes of the body, none included', async (t) => {
  const { owncast, get, segment, length } = await start(t)
  for (const bytes of [0, 1000]) {
    owncast.faults.add({ kind: 'break', bytes, times: 1 })
    const answer = await get(segment)
    t.equal(answer.status, 200)
    t.equal(answer.field('content-length'), String(length))
    t.equal(answer.body.length, bytes)
    t.equal(answer.isComplete, false)
  }
})
test('truncated: a half-written file looks complete, and an empty one too', async (t) => {
  const { owncast, get } = await start(t)
  for (const bytes of [100, 0]) {
    owncast.faults.add({ kind: 'truncated', bytes, times: 1 })
    const { status, field, body, isComplete } = await get('/hls/0/stream.m3u8')
    t.equal(status, 200)
    t.equal(field('content-length'), String(bytes))
    t.equal(body.length, bytes)
    t.equal(isComplete, true)
  }
})
test('length: fewer bytes promised than sent, or more than ever come', async (t) => {
  const { owncast, get, segment, length } = await start(t)
  owncast.faults.add({ kind: 'length', off: 188, times: 1 })
  const short = await get(segment)
  t.equal(short.field('content-length'), String(length + 188))
  t.equal(short.isComplete, false)
  owncast.faults.add({ kind: 'length', off: -188, times: 1 })
  const wire = await send(t, owncast, segment)
  t.equal((await readAnswer(wire)).body.length, length - 188)
  t.equal((await wire.read(188)).length, 188, 'the rest follows where the next response should be')
})
test('trickle: the body comes drop by drop', async (t) => {
  const { owncast, get } = await start(t)
  owncast.faults.add({ kind: 'trickle', bytes: 10, everyMs: 5, times: 1 })
  const askedAt = performance.now()
  const { body } = await get('/robots.txt')
  t.ok(body.length >= 40)
  t.ok(performance.now() - askedAt >= 20)
})
test('malformed: what comes is not a response', async (t) => {
  const { owncast } = await start(t)
  owncast.faults.add({ kind: 'malformed' })
  const wire = await send(t, owncast, '/api/status')
  t.match((await wire.readToEnd()).toString(), /^HTTP\/1\.1 2OO OK\r\n/)
})
test('refuse: whoever is connected is thrown out, nobody gets in, and then everybody does again', async (t) => {
  const { owncast, get } = await start(t)
  const { address } = owncast
  const wire = await send(t, owncast, '/api/ping')
  await readAnswer(wire)
  await owncast.faults.refuse()
  await wire.readToEnd()
  await t.rejects(get('/api/ping'), { code: 'ECONNREFUSED' })
  await owncast.faults.accept()
  t.equal(owncast.address, address)
  t.equal((await get('/api/ping')).status, 200)
})
test('refuse by reset: connections are accepted and torn down', async (t) => {
  const { owncast, get } = await start(t)
  await owncast.faults.refuse('reset')
  await t.rejects(get('/api/ping'))
  await owncast.faults.accept()
  t.equal((await get('/api/ping')).status, 200)
})
test('an upgrade can be refused with a status', async (t) => {
  const { owncast } = await start(t)
  owncast.faults.add({ kind: 'status', status: 502, target: /^\/ws/ })
  const { status } = await ask(owncast.address, '/ws', { fields: ['Upgrade', 'websocket'] })
  t.equal(status, 502)
})
test('closing releases whoever is held', async (t) => {
  const owncast = await startOwncast()
  const gate = owncast.faults.hold(/./)
  const answer = ask(owncast.address, '/api/ping')
  await gate.arrived()
  await t.resolves(Promise.all([owncast.close(), t.rejects(answer)]))
})
