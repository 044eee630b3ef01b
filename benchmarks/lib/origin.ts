import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { Uplink } from '../../src/demo/uplink.ts'
import { makePlaylist, makeSegment, multivariantPlaylist } from './media.ts'

/*
 * A program: an origin that answers as Owncast does, from memory, with segments of one size under any name, over one
 * line that all responses share. `GET /-/counts` says how often each request target was asked for, and forgets it.
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8085' },
    'segment-bytes': { type: 'string', default: '1000000' },
    /** In Mbit/s; 0 for as fast as it goes. */
    uplink: { type: 'string', default: '0' }
  }
})

const segment = makeSegment(Number(values['segment-bytes']))
const uplink = new Uplink(Number(values.uplink) * 1e6)
/** Request target → how often it was asked for. */
let counts = new Map<string, number>()

/** The fields that Owncast sends (owncast.md §2). */
const common = { 'Access-Control-Allow-Origin': '*', Vary: 'Accept-Encoding' }
const uncached = {
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Expires: 'Thu, 1 Jan 1970 00:00:00 GMT'
}
const playlistFields = {
  ...common,
  ...uncached,
  'Content-Type': 'application/x-mpegURL',
  'Accept-Ranges': 'bytes'
}
const segmentFields = {
  ...common,
  'Cache-Control': 'public, max-age=31557600',
  'Content-Type': 'video/mp2t',
  'Accept-Ranges': 'bytes'
}
const startedAt = new Date().toUTCString()

function answer(request: IncomingMessage, response: ServerResponse): void {
  const target = request.url ?? '/'
  const path = target.split('?', 1)[0]!
  if (path === '/-/counts') return answerCounts(response)
  counts.set(target, (counts.get(target) ?? 0) + 1)
  const [status, fields, body] = responseTo(path)
  response.writeHead(status, { ...fields, 'Content-Length': body.length })
  if (request.method === 'HEAD') return void response.end()
  void uplink.send(response, body, () => {}).then(() => response.end())
}

function responseTo(path: string): [number, Record<string, string>, Buffer] {
  if (path === '/hls/stream.m3u8') return [200, playlistFields, Buffer.from(multivariantPlaylist)]
  if (/^\/hls\/\d+\/stream\.m3u8$/.test(path))
    return [200, modified(playlistFields), Buffer.from(makePlaylist('benchmark', Date.now()))]
  if (/^\/hls\/\d+\/stream-[\w-]+-\d+\.ts$/.test(path))
    return [200, { ...segmentFields, 'Last-Modified': startedAt }, segment]
  if (path.startsWith('/replay/')) return [200, { ...uncached, 'Content-Type': 'video/mp2t' }, segment]
  if (path === '/api/status')
    return [
      200,
      { ...uncached, 'Content-Type': 'application/json' },
      Buffer.from('{"online":true,"viewerCount":1}')
    ]
  if (path === '/api/ping') return [200, uncached, Buffer.alloc(0)]
  return [404, { ...uncached, 'Content-Type': 'text/plain' }, Buffer.from('404 page not found\n')]
}

function modified(fields: Record<string, string>): Record<string, string> {
  return { ...fields, 'Last-Modified': new Date().toUTCString() }
}

function answerCounts(response: ServerResponse): void {
  response
    .writeHead(200, { 'Content-Type': 'application/json' })
    .end(JSON.stringify(Object.fromEntries(counts)))
  counts = new Map()
}

/** The chat: whatever is sent comes back (RFC 6455 §4.2.2 for the handshake). */
function upgrade({ headers }: IncomingMessage, socket: Duplex, head: Buffer): void {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
  )
  socket.on('error', () => socket.destroy())
  socket.write(head)
  socket.pipe(socket)
}

const server = createServer({ keepAliveTimeout: 60_000 }, answer)
server.on('upgrade', upgrade)
server.listen({ port: Number(values.port), host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(`origin on port ${values.port}`)
)
