import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import type { Audience, Milliseconds } from '../../src/cache.ts'
import type { Desk } from '../../src/server/app.ts'
import { Trust } from '../../src/server/client-address.ts'
import { ServerCounters } from '../../src/server/counters.ts'
import { Limits } from '../../src/server/limits/limits.ts'
import { Rules } from '../../src/server/rules.ts'
import { Tunnels } from '../../src/server/tunnel.ts'
import { ask } from '../fixtures/client.ts'
import { settingsFor } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake, knock, openTunnel } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'

const nobody: Audience = { answersPings: false, seen: () => {}, isHere: () => false, count: 0 }

/** Tunnels to a scripted origin, before a server that answers everything else with 204. */
async function setUp(
  t: Test,
  idleLimit: Milliseconds,
  settings = { hosts: [] as string[], denyAdmin: false },
  handshakeLimit: Milliseconds = 15_000
) {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const counters = new ServerCounters()
  const trust = new Trust([])
  const limits = new Limits({
    settings: settingsFor(origin.address),
    clock,
    trust,
    audience: nobody
  })
  const desk = {
    trust,
    rules: new Rules(settings),
    counters,
    access: { log: undefined },
    limits
  } as unknown as Desk
  const tunnels = new Tunnels({ origin: new URL(origin.address), desk, clock, idleLimit, handshakeLimit })
  const server = createServer((_request, response) => response.writeHead(204).end())
  tunnels.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
    tunnels.close()
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, counters, tunnels, address, clock }
}

test('a tunnel that is silent for too long is closed, at both ends', async (t) => {
  const { address, origin, counters, clock } = await setUp(t, 120_000)
  const { client, origin: far } = await openTunnel(address, origin)
  clock.pass(119_999)
  t.equal(counters.tunnels, 1)
  clock.pass(1)
  await client.ended
  await far.ended
  await until('it is counted out', () => counters.tunnels === 0)
})

test('a word from either side keeps a tunnel open', async (t) => {
  for (const side of ['client', 'origin'] as const) {
    const { address, origin, counters, clock } = await setUp(t, 120_000)
    const tunnel = await openTunnel(address, origin)
    const other = side === 'client' ? tunnel.origin : tunnel.client
    for (let i = 0; i < 5; i++) {
      clock.pass(100_000)
      tunnel[side].write('.')
      t.equal((await other.read(1)).toString(), '.', side)
    }
    t.equal(counters.tunnels, 1, side)
    clock.pass(120_000)
    await other.ended
    await until('it is counted out', () => counters.tunnels === 0)
  }
})

test('a client that leaves before the handshake is answered takes it along', async (t) => {
  const { address, origin } = await setUp(t, 60_000, undefined, 300)
  const { client, exchange } = await knock(address, origin)
  client.destroy()
  await exchange.wire.ended
  t.pass('the origin is hung up on')
})

test('closing ends every tunnel', async (t) => {
  const { address, origin, counters, tunnels } = await setUp(t, 60_000)
  const open = await Promise.all([openTunnel(address, origin), openTunnel(address, origin)])
  t.equal(counters.tunnels, 2)
  t.equal(counters.tunnelsOpened, 2)
  tunnels.close()
  await Promise.all(open.flatMap(({ client, origin: far }) => [client.ended, far.ended]))
  await until('all are counted out', () => counters.tunnels === 0)
  t.equal(counters.tunnelsOpened, 2)
})

test('the rules about hosts and admin pages hold for upgrades too', async (t) => {
  const settings = { hosts: ['live.example'], denyAdmin: true }
  const { address, origin } = await setUp(t, 60_000, settings)
  const knock = (target: string, host: string) => ask(address, target, { fields: handshake.slice(2), host })
  const upgrade = (target: string, host: string) =>
    ask(address, target, { fields: [...handshake.slice(2), 'Connection', 'Upgrade'], host })
  t.equal((await upgrade('/ws', 'other.example')).status, 421)
  t.equal((await upgrade('/admin/x', 'live.example')).status, 403)
  t.equal((await upgrade('http://live.example/admin/x', 'live.example')).status, 204, 'the ordinary way')
  t.equal((await knock('/ws', 'live.example')).status, 204, 'without Connection it is no upgrade')
  t.equal(origin.requests.length, 0)
})
