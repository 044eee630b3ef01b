import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'tap'
import WebSocket from 'ws'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

test('chat over TLS goes over HTTP/1.1 through the tunnel, both ways, beside HTTP/2', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin)
  const coming = origin.next('/ws?accessToken=a')
  const chat = new WebSocket(`${edge.address.replace('https', 'wss')}/ws?accessToken=a`, {
    ca: edge.authority.pem,
    servername: 'edge.example',
    // What a browser offers for a websocket; one that offered HTTP/2 as well would find no websockets there.
    ALPNProtocols: ['http/1.1']
  } as WebSocket.ClientOptions)
  const opened = once(chat, 'open')
  const exchange = await coming
  t.equal(exchange.field('x-forwarded-proto'), 'https')
  t.equal(exchange.field('x-forwarded-for'), '127.0.0.1')
  const accept = createHash('sha1')
    .update(`${exchange.field('sec-websocket-key')}${guid}`)
    .digest('base64')
  exchange.begin(101, ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', accept])
  await opened
  t.equal(edge.read().tunnels, 1)
  const heard = once(chat, 'message')
  exchange.send(Buffer.from([0x81, 5, ...Buffer.from('hello')]))
  t.equal(String((await heard)[0]), 'hello')
  chat.send('and back')
  const frame = await exchange.wire.read(2 + 4 + 8)
  const mask = frame.subarray(2, 6)
  t.equal(
    frame
      .subarray(6)
      .map((byte, i) => byte ^ mask[i % 4]!)
      .toString(),
    'and back'
  )
  const closed = once(chat, 'close')
  chat.terminate()
  await closed
})
