import { test } from 'tap'
import { readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { accepted, handshake, knock, openTunnel, writeUntilBlocked } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

test('the handshake reaches the origin as it came, with the address of the client', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const target = '/ws?accessToken=a%2Fb==&x=/../'
  const sent = [
    'Host',
    'live.example',
    'Origin',
    'https://live.example',
    'User-Agent',
    'Firefox',
    ...handshake
  ]
  sent.push('Sec-WebSocket-Extensions', 'permessage-deflate', 'Cookie', 'a=b', 'Authorization', 'Basic YTpi')
  const { exchange } = await knock(edge.address, origin, target, [...sent, 'X-Forwarded-For', '6.6.6.6'])
  t.equal(exchange.head.startLine, `GET ${target} HTTP/1.1`)
  const { fields } = exchange.head
  t.same(exchange.lines('x-forwarded-for'), ['127.0.0.1'])
  t.same(exchange.lines('connection'), ['Upgrade'])
  t.same(exchange.lines('upgrade'), ['websocket'])
  const ours = /^(connection|upgrade|x-forwarded-.*)$/i
  const others = (list: readonly string[]) => list.filter((_, i) => !ours.test(list[i - (i % 2)]!))
  t.same(others(fields), others(sent))
})

test('what is said after the handshake is carried byte for byte, both ways and at once', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const tunnel = await openTunnel(edge.address, origin)
  t.equal(edge.read().tunnels, 1)
  const noise = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31) & 0xff))
  tunnel.client.write(noise)
  tunnel.origin.write(noise)
  t.ok((await tunnel.origin.read(noise.length)).equals(noise))
  t.ok((await tunnel.client.read(noise.length)).equals(noise))
  tunnel.client.destroy()
  await tunnel.origin.ended
  tunnel.origin.socket.end()
  await until('the tunnel is closed', () => edge.read().tunnels === 0)
})

test('what comes with the handshake and with its answer is not lost', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, exchange } = await knock(edge.address, origin)
  client.write('early bird')
  exchange.wire.write(
    'HTTP/1.1 101 Hello There\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Odd:  \r\n\r\nworm'
  )
  const head = await readAnswerHead(client)
  t.equal(head.startLine, 'HTTP/1.1 101 Hello There', 'the origin’s own answer')
  t.equal(head.fields.includes('X-Odd'), true)
  t.equal((await client.read(4)).toString(), 'worm')
  t.equal((await exchange.wire.read(10)).toString(), 'early bird')
  client.destroy()
})

test('whatever the origin says instead is relayed, and the connection ends', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  for (const [status, body] of [
    [200, 'CHAT_DISABLED'],
    [200, 'ERROR_MAX_CONNECTIONS_EXCEEDED'],
    [403, ''],
    [429, 'later']
  ] as const) {
    const { client, exchange } = await knock(edge.address, origin)
    exchange.answer(status, ['X-Own', '1'], body)
    const answer = await readAnswer(client)
    t.same([answer.status, answer.body.toString(), answer.field('x-own')], [status, body, '1'])
    t.ok(answer.isComplete)
    await client.ended
    client.destroy()
  }
  t.equal(edge.read().tunnels, 0)
})

test('an answer in chunks is relayed whole, and one that breaks off does not pose as whole', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const whole = await knock(edge.address, origin)
  whole.exchange.begin(200, ['Transfer-Encoding', 'chunked'])
  whole.exchange.send('4\r\nCHAT\r\n9\r\n_DISABLED\r\n0\r\n\r\n')
  t.equal((await readAnswer(whole.client)).body.toString(), 'CHAT_DISABLED')
  for (const fields of [
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '100']
  ]) {
    const { client, exchange } = await knock(edge.address, origin)
    exchange.begin(200, fields)
    exchange.send('4\r\nCHAT\r\n')
    await until('the first bytes have come', () => client.received > 0)
    exchange.break()
    const answer = await readAnswer(client)
    t.notOk(answer.isComplete, fields.join())
    await client.ended
  }
})

test('a client that keeps sending after a refusal reaches nothing, and is hung up on', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, exchange } = await knock(edge.address, origin)
  client.write('GET /api/admin/status HTTP/1.1\r\nHost: a\r\n\r\n')
  exchange.answer(403)
  t.equal((await readAnswer(client)).status, 403)
  client.write('GET /api/admin/disconnect HTTP/1.1\r\nHost: a\r\n\r\n')
  await until('the connection is closed', () => edge.read().connections === 0)
  t.equal(origin.count(/admin/), 0)
  t.equal((await exchange.wire.readToEnd()).toString(), '')
})

test('other upgrades never open a tunnel: the request is answered as any other', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    void exchange.content.then(({ body }) => exchange.answer(200, [], `${exchange.method} ${body}`))
  })
  const upgrade = (protocol: string) => [
    'Connection',
    'Upgrade, HTTP2-Settings',
    'Upgrade',
    protocol,
    'HTTP2-Settings',
    'A'
  ]
  const cases: [string, string, string, string][] = [
    ['GET', 'h2c', '', 'GET '],
    ['GET', 'websocket, h2c', '', 'GET '],
    ['GET', 'TLS/1.0', '', 'GET '],
    ['POST', 'h2c', 'a body', 'POST a body'],
    ['POST', 'websocket', 'a body', 'POST a body'],
    ['GET', 'websocket', 'a body', 'GET a body']
  ]
  for (const [method, protocol, body, expected] of cases) {
    const client = await Wire.to(edge.address)
    const fields = [...upgrade(protocol), ...(body === '' ? [] : ['Content-Length', String(body.length)])]
    client.write(requestBytes('/api/chat', { method, fields, body }))
    const answer = await readAnswer(client)
    t.same([answer.status, answer.body.toString()], [200, expected], `${method} ${protocol}`)
    t.equal(origin.requests.at(-1)?.field('upgrade'), undefined)
    t.equal(origin.requests.at(-1)?.field('http2-settings'), undefined)
    client.destroy()
  }
  t.equal(edge.read().tunnelsOpened, 0)
})

test('a slow listener slows the origin down instead of filling memory, and the other way round', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, origin: far } = await openTunnel(edge.address, origin)
  const most = 64e6
  for (const [writer, reader] of [
    [far, client],
    [client, far]
  ] as const) {
    reader.socket.pause()
    const written = await writeUntilBlocked(writer, most)
    t.ok(written < most, `${written} bytes were taken of a reader who takes none`)
    const before = reader.received
    reader.socket.resume()
    await until('everything has arrived', () => reader.received - before === written)
  }
  client.destroy()
})

test('what was said before a close still arrives, however slow the listener', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, origin: far } = await openTunnel(edge.address, origin)
  client.socket.pause()
  const written = await writeUntilBlocked(far, 64e6)
  far.socket.end('goodbye')
  client.socket.resume()
  const heard = await client.readToEnd()
  t.equal(heard.length, written + 'goodbye'.length)
  t.equal(heard.subarray(-7).toString(), 'goodbye')
  client.destroy()
  await until('the tunnel is closed', () => edge.read().tunnels === 0)
})

test('whoever has said everything may still listen', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, origin: far } = await openTunnel(edge.address, origin)
  client.socket.end('last words')
  t.equal((await far.readToEnd()).toString(), 'last words')
  far.write('the answer to them')
  t.equal((await client.read(18)).toString(), 'the answer to them')
  far.socket.end()
  await client.closed
  await until('the tunnel is closed', () => edge.read().tunnels === 0)
})

test('when one end is gone the other is closed', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const first = await openTunnel(edge.address, origin)
  first.client.socket.resetAndDestroy()
  await first.origin.ended
  const second = await openTunnel(edge.address, origin)
  second.origin.socket.resetAndDestroy()
  await second.client.ended
  await until('all is closed', () => edge.read().tunnels === 0 && edge.read().connections === 0)
})

test('an origin that cannot be reached, or says nonsense, is a 502', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const { client, exchange } = await knock(edge.address, origin)
  exchange.send('nonsense\r\n\r\n')
  t.equal((await readAnswer(client)).status, 502)
  await client.ended
  const dead = await knock(edge.address, origin)
  dead.exchange.break()
  t.equal((await readAnswer(dead.client)).status, 502)
  await until('all is closed', () => edge.read().connections === 0)
})

test('two thousand sockets at once', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/^\/ws/, (exchange) => {
    exchange.begin(101, accepted)
    void exchange.wire.readUntil('\n').then((line) => exchange.send(line ?? 'none'))
    void exchange.wire.ended.then(() => exchange.end())
  })
  const edge = await edgeBefore(t, origin)
  const clients: Wire[] = []
  for (let i = 0; i < 20; i++) {
    const batch = Array.from({ length: 100 }, async () => {
      const client = await Wire.to(edge.address)
      clients.push(client)
      client.write(requestBytes('/ws?accessToken=x', { fields: handshake }))
      await readAnswerHead(client)
    })
    await Promise.all(batch)
  }
  t.equal(edge.read().tunnels, 2000)
  const echoes = await Promise.all(
    clients.map(async (client, i) => {
      client.write(`hello ${i}\n`)
      return (await client.readUntil('\n'))?.toString() === `hello ${i}\n`
    })
  )
  t.ok(echoes.every(Boolean))
  for (const client of clients) client.destroy()
  await until('all are closed', () => edge.read().tunnels === 0 && edge.read().connections === 0)
  await until('at the origin too', () => origin.connections === 0)
})
