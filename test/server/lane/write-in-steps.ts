import type { Socket } from 'node:net'
import { type Test, test } from 'tap'
import { blockSize } from '../../../src/body.ts'
import { readAnswer, requestBytes } from '../../fixtures/client.ts'
import { LaneServer } from '../../fixtures/lane-server.ts'
import { packets } from '../../fixtures/media.ts'
import { until } from '../../fixtures/until.ts'
import type { Wire } from '../../fixtures/wire.ts'

const playlist = '/hls/0/stream.m3u8'
const segment = '/hls/0/stream-abcdefghi-1.ts'
/** More than the system's buffers of a connection hold. */
const huge = packets(120_000, 3)
const get = (target: string): Buffer => requestBytes(target, { fields: ['User-Agent', 'player'] })

/** A connection over TLS on which the lane knows the huge segment; `end` is the server's end of it. */
async function acquainted(t: Test): Promise<{ server: LaneServer; wire: Wire; end: Socket }> {
  const server = await LaneServer.start(t, 'with', { tls: 'tls' })
  server.store(playlist, Buffer.from('#EXTM3U\n'))
  server.store(segment, huge)
  const wire = await server.connect()
  t.teardown(() => wire.destroy())
  for (const target of [segment, playlist]) {
    wire.write(get(target))
    await readAnswer(wire)
  }
  await until('everything has been sent', () => server.isIdle)
  return { server, wire, end: server.sockets[0] as Socket }
}

/** The same, while the segment is being sent and nobody reads. */
async function stuck(t: Test): Promise<{ server: LaneServer; wire: Wire; end: Socket }> {
  const stage = await acquainted(t)
  const { server, wire, end } = stage
  const { hits } = server
  wire.socket.pause()
  wire.write(get(segment))
  let before = -1
  await until('nothing more is taken', () => {
    const isStuck = server.hits > hits && end.writableLength > 0 && end.bytesWritten === before
    before = end.bytesWritten
    return isStuck
  })
  return stage
}

test('over TLS a large body comes whole, again and again, without being parsed', async (t) => {
  const { server, wire } = await acquainted(t)
  const { parsed } = server
  for (let i = 0; i < 3; i++) {
    wire.write(get(segment))
    t.ok((await readAnswer(wire)).body.equals(huge))
    wire.write(get(playlist))
    t.equal(String((await readAnswer(wire)).body), '#EXTM3U\n')
  }
  t.equal(server.parsed, parsed)
})

test('who does not read has TLS hold a copy of one step and no more', async (t) => {
  const { end } = await stuck(t)
  t.ok(end.writableLength <= blockSize + 1024, String(end.writableLength))
})

test('what is asked in one read with a large body, or while it is sent, is answered after it and in order', async (t) => {
  const { server, wire, end } = await stuck(t)
  const { parsed } = server
  const { bytesRead } = end
  wire.write(Buffer.concat([get(segment), get('/chat'), get(playlist), get('/chat'), get(segment)]))
  await until('it has come', () => end.bytesRead > bytesRead)
  t.equal(server.parsed, parsed, 'nobody else writes between two steps')
  wire.socket.resume()
  for (let i = 0; i < 2; i++) t.ok((await readAnswer(wire)).body.equals(huge))
  t.match(String((await readAnswer(wire)).body), /^\["GET","\/chat"/)
  t.equal(String((await readAnswer(wire)).body), '#EXTM3U\n')
  t.match(String((await readAnswer(wire)).body), /^\["GET","\/chat"/)
  t.ok((await readAnswer(wire)).body.equals(huge))
})

test('what a connection that breaks between two steps was being sent is given back', async (t) => {
  const { server, wire } = await stuck(t)
  for (const { body } of server.stored.values()) body.release()
  t.ok(server.pool.held >= huge.length)
  wire.destroy()
  await until('nothing is held', () => server.pool.held === 0)
})

test('whoever says goodbye in TLS before the last step is let go, as by node:https', async (t) => {
  const { server, wire } = await stuck(t)
  for (const { body } of server.stored.values()) body.release()
  wire.socket.end()
  wire.socket.resume()
  await wire.closed
  await until('nothing is held', () => server.pool.held === 0)
})

test('a drain waits for the last step, then ends the connection', async (t) => {
  const { server, wire } = await stuck(t)
  let isOver = false
  const over = server.lane.drain(60_000).then(() => {
    isOver = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isOver)
  wire.socket.resume()
  t.ok((await readAnswer(wire)).body.equals(huge))
  await over
  await wire.ended
})
