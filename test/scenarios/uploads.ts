import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'tap'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { writeUntilBlocked } from '../fixtures/tunnel.ts'
import { Wire } from '../fixtures/wire.ts'

test('bodies reach the origin byte for byte, whatever their type is said to be', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    void exchange.content.then(({ body }) =>
      exchange.answer(200, [], createHash('sha256').update(body).digest('hex'))
    )
  })
  const bodies = [
    Buffer.from('{"a": 1,  }'),
    Buffer.from('a=b&c'),
    Buffer.from([0, 255, 10, 13]),
    packets(30_000)
  ]
  const types = [
    'application/json',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    ';;',
    '',
    undefined
  ]
  for (const body of bodies) {
    const hash = createHash('sha256').update(body).digest('hex')
    for (const type of types) {
      const typed = type === undefined ? [] : ['Content-Type', type]
      const fields = [...typed, 'Content-Length', String(body.length)]
      const answer = await ask(edge.address, '/api/admin/emoji/upload', { method: 'POST', fields, body })
      t.same([answer.status, answer.body.toString()], [200, hash], `${body.length} bytes of ${type}`)
      t.same(origin.requests.at(-1)?.lines('content-type'), type === undefined ? [] : [type])
      t.same(origin.requests.at(-1)?.lines('content-length'), [String(body.length)])
    }
  }
})

test('a chunked upload arrives while it is sent', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next('/api/upload')
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/api/upload', { method: 'POST', fields: ['Transfer-Encoding', 'chunked'] }))
  wire.write('5\r\nfirst\r\n')
  const exchange = await asked
  while (exchange.wire.received < exchange.head.raw.length + 5) await once(exchange.wire.socket, 'data')
  wire.write('6\r\nsecond\r\n0\r\n\r\n')
  t.equal((await exchange.content).body.toString(), 'firstsecond')
  exchange.answer(200, [], 'thanks')
  t.equal((await readAnswer(wire)).body.toString(), 'thanks')
  wire.destroy()
})

test('a POST without a body and without a length is passed on as one', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => exchange.answer(200, [], 'ok'))
  for (const fields of [[], ['Content-Length', '0'], ['Content-Type', 'application/json']]) {
    const answer = await ask(edge.address, '/api/chat/register', { method: 'POST', fields })
    t.equal(answer.body.toString(), 'ok', fields.join(' '))
    t.equal(origin.requests.at(-1)?.field('content-length') ?? '0', '0')
  }
})

test('whoever waits to be told to go on is told', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    void exchange.content.then(({ body }) => exchange.answer(200, [], body))
  })
  const wire = await Wire.to(edge.address)
  wire.write(
    requestBytes('/api/upload', { method: 'POST', fields: ['Content-Length', '4', 'Expect', '100-continue'] })
  )
  t.match(String(await wire.readUntil('\r\n\r\n')), /^HTTP\/1.1 100 /)
  wire.write('body')
  t.equal((await readAnswer(wire)).body.toString(), 'body')
  wire.destroy()
})

test('an upload that the origin refuses early is told so, and ends', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => exchange.answer(413, [], 'too much'))
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/api/upload', { method: 'POST', fields: ['Content-Length', '1000000'] }))
  wire.write(Buffer.alloc(1000))
  const answer = await readAnswer(wire)
  t.same([answer.status, answer.body.toString()], [413, 'too much'])
  wire.destroy()
})

test('an upload that breaks off never reaches the origin as a whole one', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next('/api/upload')
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/api/upload', { method: 'POST', fields: ['Transfer-Encoding', 'chunked'] }))
  wire.write('5\r\nfirst\r\n')
  const exchange = await asked
  wire.destroy()
  t.notOk((await exchange.content).isComplete)
})

test('a slow origin slows an upload down instead of filling memory', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next('/api/upload')
  const wire = await Wire.to(edge.address)
  const size = 64e6
  wire.write(requestBytes('/api/upload', { method: 'POST', fields: ['Content-Length', String(size)] }))
  wire.write('first')
  const exchange = await asked
  exchange.wire.socket.pause()
  const written = await writeUntilBlocked(wire, size - 1e6)
  t.ok(written < size, `${written} bytes were taken of ${size}`)
  const rest = size - written - 'first'.length
  exchange.wire.socket.resume()
  if (rest > 0) wire.write(Buffer.alloc(rest))
  t.equal((await exchange.content).body.length, size)
  exchange.answer(200)
  t.equal((await readAnswer(wire)).status, 200)
  wire.destroy()
})
