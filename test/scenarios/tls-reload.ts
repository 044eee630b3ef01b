import { unlinkSync, writeFileSync } from 'node:fs'
import { test } from 'tap'
import {
  type CertificateRefused,
  certificateRefused,
  certificateShown
} from '../../src/certificate-events.ts'
import { Authority } from '../fixtures/certificate.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { answerOn, connectTls, Http2Client } from '../fixtures/tls-client.ts'

/** How often the files are looked at. */
const look = 10_000

test('a certificate that is replaced is shown to newcomers, while connections and what they are sent go on', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, [], clock)
  const target = '/hls/0/stream-abcdefghi-1.ts'
  const body = packets(2000)
  const held = origin.next(target)
  const viewer = await Http2Client.to(edge.address, { ca: edge.authority.pem })
  t.teardown(() => viewer.close())
  const answer = answerOn(viewer.begin(target))
  const exchange = await held
  exchange.begin(200, ['Content-Type', 'video/mp2t', 'Content-Length', String(body.length)])

  const other = new Authority('Another Authority')
  const { chain, key } = other.pair(['edge.example'])
  const told: unknown[] = []
  const note = (message: unknown): unknown => told.push(message)
  certificateShown.subscribe(note)
  t.teardown(() => certificateShown.unsubscribe(note))
  writeFileSync(edge.certFile, chain)
  writeFileSync(edge.keyFile, key)
  clock.pass(look)
  t.match(told, [{ source: edge.certFile }])

  const newcomer = await connectTls(edge.address, { ca: other.pem })
  t.equal(newcomer.getPeerCertificate().issuer.CN, 'Another Authority')
  newcomer.destroy()
  exchange.send(body)
  exchange.done()
  t.ok((await answer).body.equals(body))
  t.equal((await viewer.ask(target)).status, 200)
})

test('a pair that cannot be used is reported once, and the one before goes on being shown until a good one comes', async (t) => {
  const clock = new ManualClock()
  const edge = await secureEdgeBefore(t, await ScriptedOrigin.start(t), [], clock)
  const told: CertificateRefused[] = []
  const note = (message: unknown): unknown => told.push(message as CertificateRefused)
  certificateRefused.subscribe(note)
  t.teardown(() => certificateRefused.unsubscribe(note))
  const isShown = async (ca: string): Promise<boolean> => {
    const socket = await connectTls(edge.address, { ca }).catch(() => undefined)
    socket?.destroy()
    return socket !== undefined
  }
  const other = new Authority()
  const next = other.pair(['edge.example'])
  writeFileSync(edge.certFile, next.chain)
  clock.pass(3 * look)
  t.match(told, [{ source: edge.certFile, detail: 'the key does not belong to the certificate' }])
  t.ok(await isShown(edge.authority.pem))
  writeFileSync(edge.keyFile, 'nonsense')
  clock.pass(2 * look)
  t.match(told[1]?.detail, /no private key in PEM/)
  unlinkSync(edge.keyFile)
  clock.pass(2 * look)
  t.match(told[2]?.detail, /cannot be read: ENOENT/)
  t.equal(told.length, 3)
  t.ok(await isShown(edge.authority.pem))
  writeFileSync(edge.keyFile, next.key)
  clock.pass(look)
  t.equal(told.length, 3)
  t.ok(await isShown(other.pem))
})

test('a pair that cannot be used stops the start with the reason', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const authority = new Authority()
  const [one, another] = [authority.pair(['edge.example']), authority.pair(['edge.example'])]
  const folder = t.testdir({ 'one.pem': one.chain, 'another.key': another.key, 'none.pem': 'x' })
  const start = (cert: string, key: string): Promise<unknown> =>
    edgeBefore(t, origin, ['--tls-cert', `${folder}/${cert}`, '--tls-key', `${folder}/${key}`])
  await t.rejects(start('one.pem', 'another.key'), {
    message: /--tls-cert.*the key does not belong to the certificate/
  })
  await t.rejects(start('none.pem', 'another.key'), { message: /no certificate in PEM/ })
  await t.rejects(start('missing.pem', 'another.key'), { message: /missing\.pem" cannot be read: ENOENT/ })
})
