import { METHODS } from 'node:http'
import { test } from 'tap'
import { ask, readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

/** The fields of a request that are the client's own: without the forwarded ones and that of the connection. */
function ownFields({ head }: Exchange): string[] {
  return head.fields.filter((_, i) => !/^(connection|x-forwarded-.*)$/i.test(head.fields[i - (i % 2)]!))
}

test('request targets reach the origin byte for byte', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200))
  const edge = await edgeBefore(t, origin)
  const targets = [
    ...[
      '/a/../b',
      '/./a/',
      '//x',
      '//evil.example/x',
      '/%zz',
      '/%',
      '/a%2Fb?x=%20',
      '/a%2e%2e/b',
      '/?',
      '/??'
    ],
    ...['/admin/x.css', '/api/chat/x.ts', '/hls/../admin', '/hls/%2e%2e/admin', '/api/status;a=b', '/a\\b'],
    ...['/federation/user/me?a=b&a=c#'.slice(0, -1), '/x?accessToken=a+b%2B/=', '/*', '/:a', '/%00'],
    ...['/a|b"<>^`{}', `/long?${'q'.repeat(8000)}`, '/api/status/', '/API/STATUS']
  ]
  for (const target of targets) {
    t.equal((await ask(edge.address, target)).status, 200, target.slice(0, 80))
    t.equal(origin.requests.at(-1)?.target, target)
  }
  t.equal(origin.requests.length, targets.length)
})

test('the absolute form is brought into origin form, and its host counts', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  await ask(edge.address, 'http://live.example/api/chat?x=1', { fields: ['Host', 'other.example'] })
  t.equal(origin.requests[0]?.target, '/api/chat?x=1')
  t.equal(origin.requests[0]?.field('host'), 'live.example')
})

test('every method is passed on with its body', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    void exchange.content.then(({ body }) => exchange.answer(200, [], body))
  })
  for (const method of METHODS.filter((method) => method !== 'CONNECT')) {
    const body = method === 'HEAD' ? '' : `body of ${method}`
    const fields = body === '' ? [] : ['Content-Length', String(body.length)]
    const answer = await ask(edge.address, '/api/x', { method, fields, body })
    t.equal(answer.status, 200, method)
    t.equal(origin.requests.at(-1)?.method, method)
    t.equal((await origin.requests.at(-1)!.content).body.toString(), body, method)
  }
})

test('fields reach the origin as they came: order, spelling, repetition and odd values', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200))
  const edge = await edgeBefore(t, origin)
  const fields = [
    'Signature',
    'keyId="a",headers="(request-target) host date digest"',
    'Date',
    'Tue, 07 Jun 2014'
  ]
  fields.push('digest', 'SHA-256=abc=', 'X-Twice', '1', 'Cookie', 'a=b; c=d', 'X-Twice', '2', 'X-TWICE', '')
  fields.push('X-Latin', 'caf\xe9', 'X-Utf8', '\xe6\x97\xa5', 'Accept', 'a;q=0.5,\tb', 'x_underscore', '1')
  fields.push('Authorization', 'Basic YTpi', 'Content-Type', 'a b/;;c', 'Origin', 'null', 'Via', '1.1 a')
  const all = ['Host', 'live.example:8443', ...fields]
  await ask(edge.address, '/federation/user/me/inbox', { fields: all })
  t.same(ownFields(origin.requests[0]!), ['host', ...all.slice(1)])
})

test('hundreds of fields, and long ones, reach the origin', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200))
  const edge = await edgeBefore(t, origin)
  const many = Array.from({ length: 600 }, (_, i) => [`x-${i}`, 'v'.repeat(i % 20)]).flat()
  const long = ['Cookie', 'c'.repeat(12_000)]
  for (const fields of [many, long]) {
    await ask(edge.address, '/api/x', { fields: ['Host', 'a', ...fields] })
    t.same(ownFields(origin.requests.at(-1)!).slice(2), fields)
  }
})

test('fields of one connection stay on it', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) =>
    exchange.answer(200, [
      'Connection',
      'keep-alive, X-Hop',
      'X-Hop',
      '1',
      'Keep-Alive',
      'timeout=9',
      'X-End',
      '2'
    ])
  )
  const edge = await edgeBefore(t, origin)
  const wire = await Wire.to(edge.address)
  const hop = [
    'Connection',
    'X-Mine, keep-alive',
    'X-Mine',
    '1',
    'Keep-Alive',
    '9',
    'TE',
    'trailers',
    'X-End',
    '2'
  ]
  wire.write(requestBytes('/api/x', { fields: [...hop, 'Proxy-Authorization', 'secret'] }))
  const answer = await readAnswer(wire)
  t.same(ownFields(origin.requests[0]!), ['host', 'edge.example', 'X-End', '2'])
  t.same([answer.field('x-hop'), answer.field('x-end')], [undefined, '2'])
  wire.destroy()
})

test('what the origin answers comes back as it was', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const fields = [
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
    'Content-Type',
    'odd/type',
    'Cache-Control',
    'private'
  ]
  fields.push(
    'ETag',
    'unquoted',
    'X-Latin',
    'caf\xe9',
    'X-Utf8',
    '\xe6\x97\xa5\xe6\x9c\xac',
    'Location',
    '/a/../b'
  )
  fields.push(
    'Date',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Server',
    'scripted',
    'Content-Disposition',
    'a; b="\xe6\x97\xa5"'
  )
  for (const status of [200, 201, 299, 301, 307, 400, 401, 404, 418, 500, 503, 599]) {
    origin.on('/api/x', (exchange) => exchange.answer(status, fields, 'the body'))
    const before = origin.requests.length
    const answer = await ask(edge.address, '/api/x')
    t.equal(answer.status, status)
    t.equal(answer.body.toString(), 'the body')
    for (let i = 0; i < fields.length; i += 2)
      t.ok(answer.lines(fields[i]!.toLowerCase()).includes(fields[i + 1]!), `${status} ${fields[i]}`)
    t.same(answer.lines('set-cookie'), ['a=1', 'b=2'])
    t.equal(origin.requests.length, before + 1, 'and is asked for once')
  }
})

test('answers without a body have none and say what they said', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on('/api/204', (exchange) => exchange.answer(204, ['X-A', '1']))
  origin.on('/api/304', (exchange) => exchange.answer(304, ['ETag', '"a"']))
  origin.on('/api/head', (exchange) => exchange.answer(200, ['X-A', '1'], 'twelve bytes'))
  origin.on('/api/empty', (exchange) => exchange.answer(200))
  const wire = await Wire.to(edge.address)
  const get = async (method: string, target: string) => {
    wire.write(requestBytes(target, { method }))
    return readAnswer(wire, method)
  }
  t.match(await get('GET', '/api/204'), { status: 204 })
  t.match(await get('POST', '/api/204'), { status: 204 })
  t.equal((await get('GET', '/api/304')).field('etag'), '"a"')
  const head = await get('HEAD', '/api/head')
  t.same([head.status, head.field('content-length'), head.field('x-a')], [200, '12', '1'])
  t.equal((await get('GET', '/api/empty')).field('content-length'), '0')
  t.equal(
    (await get('GET', '/api/head')).body.toString(),
    'twelve bytes',
    'on the same connection all the time'
  )
  wire.destroy()
})

test('an answer that breaks off does not pose as complete', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on('/api/length', (exchange) => {
    exchange.begin(200, ['Content-Length', '100'])
    exchange.send('half')
    exchange.end()
  })
  origin.on('/api/chunks', (exchange) => {
    exchange.begin(200, ['Transfer-Encoding', 'chunked'])
    exchange.send('4\r\nhalf\r\n')
    exchange.break()
  })
  for (const name of ['length', 'chunks']) {
    const answer = await ask(edge.address, `/api/${name}`)
    t.same([answer.isComplete, answer.body.toString()], [false, 'half'], name)
  }
  await until('nothing is left of it', () => edge.read().connections === 0)
})

test('events arrive as they are sent, and the origin learns when the listener has left', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(/_sse/)
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/plugins/demo/_sse/clock', { fields: ['Accept', 'text/event-stream'] }))
  const exchange = await asked
  exchange.begin(200, ['Content-Type', 'text/event-stream', 'Transfer-Encoding', 'chunked'])
  t.equal((await readAnswerHead(wire)).status, 200, 'the head comes before the first event')
  for (let i = 0; i < 5; i++) {
    exchange.send(`9\r\ndata: ${i}\n\n\r\n`)
    t.match(String(await wire.readUntil('\n\n')), `data: ${i}\n\n`)
  }
  wire.destroy()
  await exchange.wire.ended
})

test('a client that leaves before the answer takes its request with it', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next('/api/slow')
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/api/slow'))
  const exchange = await asked
  wire.destroy()
  await exchange.wire.ended
})

test('the connection to the origin is used again', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200, [], 'x'))
  const edge = await edgeBefore(t, origin)
  for (let i = 0; i < 10; i++) await ask(edge.address, `/api/${i}`)
  t.equal(origin.connections, 1)
})
