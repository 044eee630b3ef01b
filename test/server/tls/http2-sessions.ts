import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { type Test, test } from 'tap'
import { type Answering, Http2Sessions } from '../../../src/server/tls/http2-sessions.ts'
import { Authority } from '../../fixtures/certificate.ts'
import { answerOn, connectTls, Http2Client } from '../../fixtures/tls-client.ts'

const authority = new Authority()
const { chain: cert, key } = authority.pair(['edge.example'])
const ca = authority.pem

/** A server that speaks only HTTP/2 and lets nobody be idle for long. */
async function start(t: Test, answer: Answering): Promise<{ address: string; sockets: TLSSocket[] }> {
  const sessions = new Http2Sessions({ answer, idleLimit: 150, mostHead: 16_384 })
  const sockets: TLSSocket[] = []
  const server = createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.push(socket)
    sessions.accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

test('a connection without requests is ended after a while', async (t) => {
  const { address } = await start(t, (_request, response) => response.writeHead(204).end())
  const client = await Http2Client.to(address, { ca })
  t.equal((await client.ask('/')).status, 204)
  await once(client.session, 'close')
})

test('a connection that never says a word is ended after a while', async (t) => {
  const { address } = await start(t, () => {})
  const socket = await connectTls(address, { ca, ALPNProtocols: ['h2'] })
  socket.resume()
  await once(socket, 'close')
  t.pass()
})

test('a connection whose response takes its time is left alone', async (t) => {
  const { address } = await start(t, (_request, response) => {
    response.writeHead(200)
    response.write(Buffer.alloc(0))
    setTimeout(() => response.end(Buffer.from('late')), 600)
  })
  const client = await Http2Client.to(address, { ca })
  t.teardown(() => client.close())
  const first = client.begin('/')
  t.equal((await answerOn(first)).body.toString(), 'late')
})

test('a client that is cut off in the middle leaves nothing behind', async (t) => {
  let closed = (): void => {}
  const over = new Promise<void>((resolve) => {
    closed = resolve
  })
  const { address } = await start(t, (_request, response) => {
    response.on('close', closed)
    response.writeHead(200)
    response.write(Buffer.alloc(10_000_000))
  })
  const client = await Http2Client.to(address, { ca })
  client.session.on('error', () => {})
  const stream = client.begin('/')
  stream.on('error', () => {})
  await once(stream, 'response')
  client.close()
  await over
  t.pass()
})

test('the request is as node:http would have it', async (t) => {
  const seen: unknown[] = []
  const { address } = await start(
    t,
    ({ method, url, headers, rawHeaders, socket, httpVersion }, response) => {
      seen.push({ method, url, host: headers.host, rawHeaders, from: socket.remoteAddress, httpVersion })
      response.writeHead(204).end()
    }
  )
  const client = await Http2Client.to(address, { ca })
  t.teardown(() => client.close())
  await client.ask('/a?b', { fields: ['accept', '*/*', 'host', 'else.example'] })
  t.same(seen, [
    {
      method: 'GET',
      url: '/a?b',
      host: 'edge.example',
      rawHeaders: ['host', 'edge.example', 'accept', '*/*'],
      from: '127.0.0.1',
      httpVersion: '2.0'
    }
  ])
})
