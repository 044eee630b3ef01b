import { createHash } from 'node:crypto'
import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.js'
import { ask } from '../fixtures/client.js'
import { ManualClock } from '../fixtures/manual-clock.js'

async function start(t, options = {}) {
  const clock = new ManualClock()
  const owncast = await startOwncast({ clock, startupGap: 0, onlineDelay: 0, ...options })
  t.teardown(() => owncast.close())
  const send = (target, from, userAgent = 'VLC', method = 'GET') => {
    const forwarded = from === undefined ? [] : ['X-Forwarded-For', from]
    return ask(owncast.address, target, { method, fields: [...forwarded, 'User-Agent', userAgent] })
  }
  const addresses = () => owncast.viewers().map(({ ip }) => ip)
  const count = async () =>
    JSON.parse((await ask(owncast.address, '/api/status')).body.toString()).viewerCount
  return { clock, owncast, send, addresses, count }
}
test('a viewer is an address and a User-Agent', async (t) => {
  const { owncast, send, count } = await start(t)
  await send('/api/ping', '10.0.0.1', 'a')
  await send('/api/ping', '10.0.0.1', 'b')
  await send('/api/ping', '10.0.0.2', 'a')
  await send('/hls/0/stream.m3u8', '10.0.0.1', 'a')
  t.equal(await count(), 3)
  const clientId = createHash('md5').update('10.0.0.1a').digest('hex')
  t.match(owncast.viewers()[0], { clientId, ip: '10.0.0.1', userAgent: 'a' })
})
test('every request for a playlist counts, by any method, found or not; one for a segment does not', async (t) => {
  const { send, addresses } = await start(t)
  await send('/hls/stream.m3u8', '10.0.0.1')
  await send('/hls/1/stream.m3u8?a', '10.0.0.2', 'VLC', 'OPTIONS')
  await send('/hls/7/nothing.m3u8', '10.0.0.3', 'VLC', 'HEAD')
  await send('/hls/0/stream-abcdefghi-0.ts', '10.0.0.4')
  await send('/api/status', '10.0.0.5')
  t.same(addresses(), ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
})
test('the address is the text before the first comma and space of X-Forwarded-For, without a port', async (t) => {
  const { send, addresses } = await start(t)
  const cases = [
    [undefined, '127.0.0.1'],
    ['10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['10.0.0.3,10.0.0.4', '10.0.0.3,10.0.0.4'],
    ['10.0.0.5:1234', '10.0.0.5'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::2]:443', '2001:db8::2'],
    ['[2001:db8::3]', '']
  ]
  for (const [from] of cases) await send('/api/ping', from)
  t.same(
    addresses(),
    cases.map(([, address]) => address)
  )
})
test('of several X-Forwarded-For lines the first is believed', async (t) => {
  const { owncast, addresses } = await start(t)
  const fields = ['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-For', '10.0.0.2']
  await ask(owncast.address, '/api/ping', { fields })
  t.same(addresses(), ['10.0.0.1'])
})
test('who is silent for 15 s is gone at the next look, every 5 s', async (t) => {
  const { clock, send, addresses } = await start(t)
  clock.pass(1000)
  await send('/api/ping', '10.0.0.1')
  clock.pass(2000)
  await send('/api/ping', '10.0.0.2')
  clock.pass(16_999)
  t.equal(addresses().length, 2, 'silent for 19 s and 17 s, but nobody has looked')
  clock.pass(1)
  t.same(addresses(), [])
})
test('who asks again within 15 s stays the same viewer', async (t) => {
  const { clock, owncast, send } = await start(t)
  const since = clock.now()
  for (let asked = 0; asked < 5; asked++) {
    await send('/api/ping', '10.0.0.1')
    clock.pass(14_000)
  }
  t.match(owncast.viewers(), [{ firstSeen: since, lastSeen: clock.now() - 14_000 }])
})
test('nobody is counted while nobody broadcasts', async (t) => {
  const { owncast, send, addresses, count } = await start(t, { live: false })
  await send('/hls/stream.m3u8', '10.0.0.1')
  t.same(addresses(), [])
  owncast.goLive()
  await send('/hls/stream.m3u8', '10.0.0.1')
  t.equal(await count(), 1)
  owncast.goOffline()
  t.equal(await count(), undefined)
})
test('a count of nobody is left out of the status', async (t) => {
  const { count } = await start(t)
  t.equal(await count(), undefined)
})
