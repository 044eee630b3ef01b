import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Test, test } from 'tap'
import { Body } from '../../../src/body.ts'
import { readAnswer, requestBytes } from '../../fixtures/client.ts'
import { LaneServer } from '../../fixtures/lane-server.ts'
import { packets } from '../../fixtures/media.ts'
import { until } from '../../fixtures/until.ts'
import { Wire } from '../../fixtures/wire.ts'

const playlist = '/hls/0/stream.m3u8'
const segment = '/hls/0/stream-abcdefghi-1.ts'
const other = '/hls/0/stream-abcdefghi-2.ts'
/** More than the system's buffers of a connection hold. */
const huge = packets(120_000, 3)

const player = ['User-Agent', 'player', 'Accept-Encoding', 'gzip'] as const
const get = (target: string, fields: readonly string[] = player): Buffer => requestBytes(target, { fields })

async function serverWith(t: Test, keepAliveTimeout?: number): Promise<LaneServer> {
  const server = await LaneServer.start(t, 'with', keepAliveTimeout === undefined ? {} : { keepAliveTimeout })
  server.store(playlist, Buffer.from('#EXTM3U\n'))
  server.store(segment, packets(10))
  server.store(other, packets(20))
  return server
}

/** A connection on which a first request has been answered. */
async function acquainted(t: Test, server: LaneServer, target = playlist): Promise<Wire> {
  const wire = await Wire.to(server.address)
  t.teardown(() => wire.destroy())
  wire.write(get(target))
  await readAnswer(wire)
  return wire
}

async function ask(wire: Wire, target: string, fields?: readonly string[]): Promise<Buffer> {
  wire.write(get(target, fields))
  return (await readAnswer(wire)).body
}

/** A connection on which a large answer is being sent that nobody reads. */
async function stuck(t: Test, server: LaneServer): Promise<Wire> {
  server.store(segment, huge)
  const wire = await acquainted(t, server)
  await ask(wire, segment)
  const { hits, parsed } = server
  const end = server.sockets.at(-1) as Socket
  await until('everything has been sent', () => end.writableLength === 0)
  wire.socket.pause()
  wire.write(get(segment))
  await until('something waits to be sent', () => server.hits > hits && end.writableLength > 0)
  t.equal(server.parsed, parsed)
  return wire
}

test('a request in a known form for a known target is answered without being parsed', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  for (let i = 0; i < 10; i++) t.equal(String(await ask(wire, playlist)), '#EXTM3U\n')
  t.equal(server.parsed, 1)
  t.equal(server.hits, 11)
  t.same(server.seen, Array(11).fill(`127.0.0.1 player ${playlist}`), 'and its viewer is seen')
})

test('a target is learnt once for all clients with the same Accept-Encoding', async (t) => {
  const server = await serverWith(t)
  const first = await acquainted(t, server, segment)
  const second = await acquainted(t, server)
  await ask(second, segment)
  t.equal(server.parsed, 3, 'it is longer than what was said on this connection before')
  await ask(second, segment)
  await ask(first, playlist)
  t.equal(server.parsed, 3)
})

test('whoever takes another coding, or asks another host, is not answered with what others are', async (t) => {
  const server = await serverWith(t)
  server.store('/api/status', Buffer.from('zipped'))
  server.store('/', Buffer.from('page of a'), 200, 'gzip a.example')
  const bot = (host: string): string[] => ['Host', host, 'User-Agent', 'Mastodon', 'Accept-Encoding', 'gzip']
  const wire = await acquainted(t, server)
  t.equal(String(await ask(wire, '/api/status')), 'zipped')
  t.equal(String(await ask(wire, '/', bot('a.example'))), 'page of a')
  await ask(wire, playlist, bot('b.example'))
  await ask(wire, playlist, ['Accept-Encoding', 'identity'])
  t.match(String(await ask(wire, '/', bot('b.example'))), /^\["GET"/)
  t.match(String(await ask(wire, '/api/status', ['Accept-Encoding', 'identity'])), /^\["GET"/)
})

test('two forms are known at a time', async (t) => {
  const server = await serverWith(t)
  const forms = ['a', 'b', 'c'].map((agent) => ['User-Agent', agent])
  const wire = await acquainted(t, server)
  for (const form of [...forms, ...forms]) await ask(wire, playlist, form)
  t.equal(server.parsed, 7)
  for (const form of [forms[1]!, forms[2]!, forms[1]!]) await ask(wire, playlist, form)
  t.equal(server.parsed, 7)
})

test('a client that never says the same twice is left to node:http', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  for (let i = 0; i < 20; i++) await ask(wire, playlist, ['X-Request', String(i)])
  await ask(wire, playlist)
  await ask(wire, playlist)
  t.equal(server.parsed, 23)
})

test('what is stale, gone or was never stored goes the ordinary way', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  server.now += 61_000
  t.match(String(await ask(wire, playlist)), /^\["GET"/, 'stale')
  server.store(playlist, Buffer.from('#EXTM3U\n#new\n'))
  t.equal(String(await ask(wire, playlist)), '#EXTM3U\n#new\n')
  t.equal(server.parsed, 2)
  server.stored.clear()
  t.match(String(await ask(wire, playlist)), /^\["GET"/, 'gone')
  t.match(String(await ask(wire, '/chat')), /^\["GET"/, 'not stored')
  t.equal(server.parsed, 4)
})

test('the head is renewed every second', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  const ages: unknown[] = []
  for (let i = 0; i < 3; i++) {
    wire.write(get(playlist))
    const answer = await readAnswer(wire)
    ages.push([answer.field('age'), answer.field('cache-status')])
    server.now += 1000
  }
  t.same(ages, [
    ['3', 'edge; hit; ttl=60'],
    ['4', 'edge; hit; ttl=59'],
    ['5', 'edge; hit; ttl=58']
  ])
  t.equal(server.parsed, 1)
})

test('after a request with a body and after one in pieces the lane is open again', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  wire.write(requestBytes('/chat', { method: 'POST', fields: ['Content-Length', '6'], body: 'abc' }))
  await until('the head is there', () => server.parsed === 2)
  wire.write('def')
  t.match((await readAnswer(wire)).body.toString(), /"abcdef"\]$/)
  const [head, rest] = [get(playlist).subarray(0, 40), get(playlist).subarray(40)]
  const before = server.sockets[0]!.bytesRead
  wire.write(head)
  await until('the beginning is there', () => server.sockets[0]!.bytesRead === before + head.length)
  wire.write(rest)
  await readAnswer(wire)
  t.equal(server.parsed, 3)
  await ask(wire, playlist)
  t.equal(server.parsed, 3)
})

test('an answer of node:http that is not complete is not overtaken', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  wire.write(get('/held'))
  await until('it is held', () => server.held.length === 1)
  wire.write(get(playlist))
  await until('the next is there', () => server.parsed === 3)
  server.held[0]?.()
  t.match((await readAnswer(wire)).body.toString(), /^\["GET","\/held"/)
  t.equal((await readAnswer(wire)).body.toString(), '#EXTM3U\n')
  await ask(wire, playlist)
  t.equal(server.parsed, 3)
})

test('a request within the body of another is no request', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  const within = get(playlist)
  wire.write(get(playlist, [...player, 'Content-Length', String(within.length)]))
  await readAnswer(wire)
  wire.write(within)
  await until('it was read', () => server.sockets[0]!.bytesRead > 3 * within.length)
  wire.write(get(segment))
  t.equal((await readAnswer(wire)).body.length, packets(10).length)
  t.equal(server.hits, 3)
})

test('a form is learnt from whole requests only', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  const [end] = server.sockets as [Socket]
  const other = get(playlist, ['User-Agent', 'other'])
  const { bytesRead } = end
  wire.write(`GET ${playlist} HTTP/1.1\r\nX-Forwarded-For: 203.0.113.7\r\nX: `)
  await until('it was read', () => end.bytesRead > bytesRead)
  wire.write(other)
  await readAnswer(wire)
  t.equal(server.seen.at(-1), `203.0.113.7 other ${playlist}`)
  wire.write(other)
  await readAnswer(wire)
  t.equal(server.seen.at(-1), `127.0.0.1 other ${playlist}`)
})

test('pipelined requests are answered in order, whoever answers', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server, segment)
  await ask(wire, other)
  const targets = [playlist, segment, '/chat', other, playlist]
  await ask(wire, playlist)
  wire.write(Buffer.concat(targets.map((target) => get(target))))
  const bodies: string[] = []
  for (const _ of targets) bodies.push((await readAnswer(wire)).body.toString('latin1').slice(0, 8))
  const start = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').slice(0, 8)
  t.same(bodies, ['#EXTM3U\n', start(packets(10)), '["GET","', start(packets(20)), '#EXTM3U\n'])
})

test('whoever does not read is owed two answers and no more', async (t) => {
  const server = await serverWith(t)
  const wire = await stuck(t, server)
  const [end] = server.sockets as [Socket]
  for (let i = 0; i < 5; i++) {
    wire.write(get(segment))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(end.writableLength <= 2 * huge.length + 4096)
  wire.socket.resume()
  for (let i = 0; i < 6; i++) t.ok((await readAnswer(wire)).body.equals(huge))
})

test('a slow reader gets every byte, though what it reads was dropped and other bodies came', async (t) => {
  const server = await serverWith(t)
  const wire = await stuck(t, server)
  server.stored.get(segment)?.body.release()
  server.stored.clear()
  for (let i = 0; i < 10; i++) Body.of(server.pool, packets(20_000, 90 + i))
  wire.socket.resume()
  t.ok((await readAnswer(wire)).body.equals(huge))
})

test('what a broken connection was being sent is given back', async (t) => {
  const server = await serverWith(t)
  const wire = await stuck(t, server)
  for (const { body } of server.stored.values()) body.release()
  t.ok(server.pool.held >= huge.length)
  wire.destroy()
  await until('nothing is held', () => server.pool.held === 0)
})

test('an idle connection is closed in time, a slow reader is not', async (t) => {
  const server = await serverWith(t, 50)
  const slow = await stuck(t, server)
  const idle = await acquainted(t, server)
  await ask(idle, playlist)
  t.equal(server.parsed, 3)
  await idle.ended
  // Twice as long as an idle connection is kept for.
  await (await acquainted(t, server)).ended
  t.notOk((server.sockets[0] as Socket).destroyed)
  slow.socket.resume()
  t.ok((await readAnswer(slow)).body.equals(huge))
  await slow.ended
})

test('whoever has sent all they will still gets their answer', async (t) => {
  const server = await serverWith(t)
  const wire = await stuck(t, server)
  wire.socket.end()
  await once(server.sockets[0] as Socket, 'end')
  wire.socket.resume()
  t.ok((await readAnswer(wire)).body.equals(huge))
  await wire.closed
})

test('a drain waits for what is being sent, then ends the connection, and parses what comes', async (t) => {
  const server = await serverWith(t)
  const slow = await stuck(t, server)
  const quick = await acquainted(t, server)
  let isOver = false
  const over = server.lane.drain(60_000).then(() => {
    isOver = true
  })
  const { parsed } = server
  await ask(quick, playlist)
  t.equal(server.parsed, parsed + 1)
  t.notOk(isOver)
  slow.socket.resume()
  t.ok((await readAnswer(slow)).body.equals(huge))
  await over
  await slow.ended
})

test('a drain does not wait for longer than its limit', async (t) => {
  const server = await serverWith(t)
  await stuck(t, server)
  await server.lane.drain(20)
  t.ok(server.sockets[0]!.writableLength > 0)
})

test('what was learnt is forgotten when the rules change', async (t) => {
  const server = await serverWith(t)
  const wire = await acquainted(t, server)
  server.lane.forget()
  await ask(wire, playlist)
  t.equal(server.parsed, 2)
  await ask(wire, playlist)
  t.equal(server.parsed, 2)
})

test('after an upgrade the connection is the tunnel’s alone', async (t) => {
  const server = await serverWith(t)
  server.server.on('upgrade', (_request: unknown, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    socket.on('data', (bytes: Buffer) => void socket.write(bytes))
  })
  const wire = await acquainted(t, server)
  await ask(wire, playlist)
  wire.write(get('/ws', ['Connection', 'Upgrade', 'Upgrade', 'websocket']))
  await wire.readUntil('\r\n\r\n')
  wire.write(get(playlist))
  t.ok((await wire.read(get(playlist).length)).equals(get(playlist)), 'a request in it is no request')
})

test('where somebody else listens to a connection, it is left alone', async (t) => {
  const server = await serverWith(t)
  server.server.prependListener('connection', (socket: Socket) => socket.on('data', () => {}))
  const wire = await acquainted(t, server)
  t.equal(String(await ask(wire, playlist)), '#EXTM3U\n')
  t.match(String(await ask(wire, '/chat')), /^\["GET","\/chat"/)
  t.equal(server.parsed, 3)
})
