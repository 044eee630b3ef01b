import { test } from 'tap'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { type SecureEdge, secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { Wire } from '../fixtures/wire.ts'

test('the port without TLS sends viewers to HTTPS, under the name they came by', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, ['--http-port', '0'])
  const address = edge.plainAddress ?? ''
  const { port } = new URL(edge.address)
  const locationFor = async (fields: string[], method = 'GET'): Promise<unknown[]> => {
    const { status, field } = await ask(address, '/hls/stream.m3u8?x=1', { fields, method })
    return [status, field('location')]
  }
  t.same(await locationFor(['Host', 'edge.example']), [
    301,
    `https://edge.example:${port}/hls/stream.m3u8?x=1`
  ])
  t.same(await locationFor(['Host', 'Edge.Example:8080']), [
    301,
    `https://edge.example:${port}/hls/stream.m3u8?x=1`
  ])
  t.same(await locationFor(['Host', '[::1]:80']), [301, `https://[::1]:${port}/hls/stream.m3u8?x=1`])
  t.same(await locationFor(['Host', 'edge.example'], 'POST'), [
    308,
    `https://edge.example:${port}/hls/stream.m3u8?x=1`
  ])
  t.same(await locationFor(['Host', 'a b']), [400, undefined])
  t.equal(origin.requests.length, 0)
})

test('a handshake for chat on the port without TLS is sent to HTTPS as well', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, ['--http-port', '0'])
  const wire = await Wire.to(edge.plainAddress ?? '')
  wire.write(requestBytes('/ws?accessToken=x', { fields: ['Connection', 'Upgrade', 'Upgrade', 'websocket'] }))
  const answer = await readAnswer(wire)
  t.equal(answer.status, 301)
  t.match(answer.field('location'), /^https:\/\/edge\.example:\d+\/ws\?accessToken=x$/)
  t.equal((await wire.readToEnd()).length, 0, 'and nothing more')
  wire.destroy()
})

test('without --http-port there is no port without TLS', async (t) => {
  const edge: SecureEdge = await secureEdgeBefore(t, await ScriptedOrigin.start(t))
  t.equal(edge.plainAddress, undefined)
})

test('requests without TLS on the port of TLS are cut off', async (t) => {
  const edge = await secureEdgeBefore(t, await ScriptedOrigin.start(t))
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/'))
  t.equal((await wire.readToEnd()).toString('latin1').startsWith('HTTP'), false)
  wire.destroy()
})
