import { once } from 'node:events'
import { type Test, test } from 'tap'
import {
  type CertificateRefused,
  certificateRefused,
  certificateShown
} from '../../src/certificate-events.ts'
import type { Edge } from '../../src/edge.ts'
import { AcmeServer } from '../fixtures/acme-server.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { askTls, connectTls } from '../fixtures/tls-client.ts'

const target = '/hls/0/stream-abcdefghi-1.ts'

interface Stage {
  readonly ca: AcmeServer
  readonly clock: ManualClock
  readonly origin: ScriptedOrigin
  /** Starts an edge for these domains, which lead to its port without TLS. */
  start(domains: string): Promise<Edge & { readonly plainAddress: string }>
  /** Resolves with the next message of a kind about a domain. */
  next(channel: typeof certificateShown, source: string): Promise<unknown>
}

async function stage(t: Test, flags: readonly string[] = []): Promise<Stage> {
  const ca = await AcmeServer.start(t)
  const origin = await ScriptedOrigin.start(t)
  origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(100)))
  const clock = new ManualClock()
  const stateDir = t.testdir()
  const start: Stage['start'] = async (domains) => {
    const acme = ['--domain', domains, '--acme-directory', ca.directory, '--state-dir', stateDir]
    const edge = await edgeBefore(t, origin, [...acme, '--http-port', '0', '--port', '0', ...flags], clock)
    const plainAddress = edge.plainAddress ?? ''
    ca.lead = () => Number(new URL(plainAddress).port)
    return { ...edge, plainAddress }
  }
  const next: Stage['next'] = (channel, source) =>
    new Promise((resolve) => {
      const listen = (message: unknown): void => {
        if ((message as CertificateRefused).source !== source) return
        channel.unsubscribe(listen)
        resolve(message)
      }
      channel.subscribe(listen)
    })
  return { ca, clock, origin, start, next }
}

test('an edge with a domain orders its certificate, and serves HTTPS as soon as it has it', async (t) => {
  const { ca, start, next } = await stage(t)
  const shown = next(certificateShown, 'edge.example')
  const edge = await start('edge.example')
  await shown
  const answer = await askTls(edge.address, target, { ca: ca.authority.pem })
  t.equal(answer.status, 200)
  const plain = await ask(edge.plainAddress, target, { fields: ['Host', 'edge.example'] })
  t.equal(plain.status, 301)
  t.equal(plain.field('location'), `https://edge.example:${new URL(edge.address).port}${target}`)
  const stranger = await ask(edge.plainAddress, target, { fields: ['Host', '127.0.0.1'] })
  t.match(stranger.field('location'), /^https:\/\/edge\.example:/)
})

test('as long as there is no certificate, handshakes are refused and the port without TLS serves', async (t) => {
  const { ca, clock, start, next } = await stage(t)
  ca.forbidden.add('edge.example')
  const refused = next(certificateRefused, 'edge.example')
  const edge = await start('edge.example')
  t.match(await refused, { detail: /no certificates for edge\.example/ })
  await t.rejects(connectTls(edge.address, { ca: ca.authority.pem }))
  await t.rejects(connectTls(edge.address, { ca: ca.authority.pem, servername: '' }))
  const plain = await ask(edge.plainAddress, target, { fields: ['Host', 'edge.example'] })
  t.equal(plain.status, 200)
  t.match(plain.field('cache-status'), /stored/)

  ca.forbidden.clear()
  const shown = next(certificateShown, 'edge.example')
  clock.pass(70_000)
  await shown
  t.equal((await askTls(edge.address, target, { ca: ca.authority.pem })).status, 200)
  t.equal((await ask(edge.plainAddress, target, { fields: ['Host', 'edge.example'] })).status, 301)
})

test('several domains have a certificate each, and one that cannot have one holds up no other', async (t) => {
  const { ca, start, next } = await stage(t)
  ca.forbidden.add('two.example')
  const shown = next(certificateShown, 'three.example')
  const edge = await start('one.example,two.example,three.example')
  await shown
  for (const servername of ['one.example', 'three.example']) {
    const socket = await connectTls(edge.address, { ca: ca.authority.pem, servername })
    t.equal(socket.getPeerCertificate().subjectaltname, `DNS:${servername}`)
    socket.destroy()
  }
  await t.rejects(connectTls(edge.address, { ca: ca.authority.pem, servername: 'two.example' }))
  const statusOf = async (host: string): Promise<number> =>
    (await ask(edge.plainAddress, target, { fields: ['Host', host] })).status
  t.same(await Promise.all(['one.example', 'two.example', 'three.example'].map(statusOf)), [301, 200, 301])
})

test('a returning viewer resumes its session, whichever of the domains it came by', async (t) => {
  const { ca, start, next } = await stage(t)
  const both = ['one.example', 'two.example'].map((name) => next(certificateShown, name))
  const edge = await start('one.example,two.example')
  await Promise.all(both)
  for (const servername of ['one.example', 'two.example']) {
    const options = { ca: ca.authority.pem, servername, maxVersion: 'TLSv1.3' } as const
    const first = await connectTls(edge.address, options)
    await once(first, 'session')
    const session = first.getSession()
    first.destroy()
    const second = await connectTls(edge.address, { ...options, session })
    t.ok(second.isSessionReused(), servername)
    second.destroy()
  }
})

test('after a restart the certificate is there at once, though the CA is not', async (t) => {
  const { ca, start, next } = await stage(t)
  const shown = next(certificateShown, 'edge.example')
  const first = await start('edge.example')
  await shown
  await first.close()
  ca.close()
  const second = await start('edge.example')
  t.equal((await askTls(second.address, target, { ca: ca.authority.pem })).status, 200)
  t.equal(ca.orders.length, 1)
})

test('without a certificate yet, an edge that stops finishes what it sends without TLS', async (t) => {
  const { ca, start, origin, next } = await stage(t, ['--drain-timeout', '5s'])
  ca.forbidden.add('edge.example')
  const refused = next(certificateRefused, 'edge.example')
  const edge = await start('edge.example')
  await refused
  const coming = '/hls/0/stream-abcdefghi-2.ts'
  const held = origin.next(coming)
  const answer = ask(edge.plainAddress, coming)
  const exchange = await held
  exchange.begin(200, ['Content-Type', 'video/mp2t', 'Content-Length', '18800'])
  t.equal(edge.read().connections, 1)
  const stopped = edge.close()
  exchange.send(packets(100))
  exchange.done()
  t.equal((await answer).body.length, 18800)
  await stopped
})
