import { createServer, type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import type { Milliseconds } from '../cache.ts'
import { withoutHopByHop } from '../http/fields.ts'

// What becomes of a request for an upgrade that does not become a tunnel. Its connection ends with the answer, and
// whatever the client says after it reaches nobody.

/** How long a client may take to hang up after its last answer. */
const lingering: Milliseconds = 2000

/**
 * An upgrade that we do not know is ignored (RFC 9110 §7.8): the request is read once more, by a parser that knows of no
 * upgrades and so finds its body, and answered as any other. Since Node 24.9 the first parser does so.
 */
export function answerInPlace(server: Server, request: IncomingMessage, socket: Duplex, first: Buffer): void {
  const reader = createServer((again, response) => {
    response.shouldKeepAlive = false
    server.emit('request', again, response)
  })
  const { method, url, httpVersion, rawHeaders } = request
  const head = Buffer.from(`${method} ${url} HTTP/${httpVersion}\r\n${fieldLines(rawHeaders)}\r\n`, 'latin1')
  socket.unshift(Buffer.concat([head, first]))
  reader.emit('connection', socket)
}

/** Fields as they are on the wire; names and values in turn. */
export function fieldLines(fields: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`
  return lines
}

/** Whatever the origin says instead of 101: chat disabled is a 200, a ban a 403 (owncast.md §5). */
export function relay(request: IncomingMessage, answer: IncomingMessage, client: Duplex): void {
  const response = lastResponse(request, client)
  response.writeHead(
    answer.statusCode ?? 502,
    answer.statusMessage,
    withoutHopByHop(answer.rawHeaders) as never
  )
  // One that breaks off takes the connection with it, so that it does not pose as complete.
  pipeline(answer, response, () => {})
}

/** An answer of our own. */
export function refuse(client: Duplex, status: number): void {
  if (client.destroyed || !client.writable) return
  client.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  hangUp(client)
}

/** Says that nothing more comes once everything has been taken, listens to nothing more, and waits a moment for the end. */
export function hangUp(socket: Duplex): void {
  if (socket.destroyed) return
  const wait = (): void => {
    const late = setTimeout(() => socket.destroy(), lingering).unref()
    socket.once('close', () => clearTimeout(late))
  }
  socket.resume()
  socket.end()
  if (socket.writableFinished) wait()
  else socket.once('finish', wait)
}

function lastResponse(request: IncomingMessage, client: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.sendDate = false
  response.assignSocket(client as Socket)
  response.once('finish', () => hangUp(client))
  return response
}
