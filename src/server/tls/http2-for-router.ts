import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  Http2ServerRequest,
  Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream
} from 'node:http2'
import { http2Head, respond } from './http2-head.ts'
import { Http2Request } from './http2-request.ts'

/** What is used here of Node's compatible response, whose type says that its status is a property and no accessor. */
interface Compatible {
  readonly stream: ServerHttp2Stream
  readonly sendDate: boolean
  getHeaders(): OutgoingHttpHeaders
  writeHead(status: number, given?: unknown): this
  destroy(error?: Error): this
}

const CompatibleResponse = Http2ServerResponse as unknown as new (stream: ServerHttp2Stream) => Compatible

/** Node's compatible response, but that nothing an origin says makes it throw, and that breaking off is an error. */
class RouterResponse extends CompatibleResponse {
  #status: number | undefined

  get statusCode(): number {
    return this.#status ?? 200
  }

  set statusCode(status: number) {
    this.#status = status
  }

  /** @param given fields by name, or names and values in turn */
  override writeHead(status: number, given: unknown = {}): this {
    const isFlat = Array.isArray(given)
    const fields = isFlat
      ? (given as string[])
      : flat({ ...this.getHeaders(), ...(given as OutgoingHttpHeaders) })
    // Called without fields by Node, which does not know the status.
    const meant = isFlat ? status : (this.#status ?? status)
    respond(this.stream, http2Head(meant, fields), { endStream: false, sendDate: this.sendDate })
    return this
  }

  /** Node's own would say NO_ERROR. */
  override destroy(error?: Error): this {
    this.stream.destroy(error ?? new Error('broken off'))
    return this
  }
}

function flat(fields: OutgoingHttpHeaders): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().flatMap((line) => (line === undefined ? [] : [name, String(line)]))
  )
}

/** A request and its response as a router of node:http takes them: Node's compatible ones where they came over HTTP/2. */
export function forRouter(
  request: IncomingMessage | Http2Request,
  response: ServerResponse
): [IncomingMessage, ServerResponse] {
  if (!(request instanceof Http2Request)) return [request, response]
  const { stream, headers, rawHeaders } = request
  if (headers.expect === '100-continue' && !stream.destroyed && !stream.closed)
    stream.additionalHeaders({ ':status': 100 })
  // Without a length, nothing else says to the router that there is a body.
  if (headers['content-length'] === undefined && !stream.endAfterHeaders)
    headers['transfer-encoding'] = 'chunked'
  const compatible = [new Http2ServerRequest(stream, headers, {}, rawHeaders), new RouterResponse(stream)]
  return compatible as unknown as [IncomingMessage, ServerResponse]
}
