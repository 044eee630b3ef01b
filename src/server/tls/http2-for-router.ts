import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { Http2Request } from './http2-request.ts'

/** Node's own one would tell the client NO_ERROR where a body is broken off. */
class RouterResponse extends Http2ServerResponse {
  override destroy(error?: Error): this {
    this.stream.destroy(error ?? new Error('broken off'))
    return this
  }
}

/** A request and its response as a router of node:http takes them: Node's compatible ones where they came over HTTP/2. */
export function forRouter(
  request: IncomingMessage | Http2Request,
  response: ServerResponse
): [IncomingMessage, ServerResponse] {
  if (!(request instanceof Http2Request)) return [request, response]
  const { stream, headers, rawHeaders } = request
  if (headers.expect === '100-continue') stream.additionalHeaders({ ':status': 100 })
  // Without a length, nothing else says to the router that there is a body.
  if (headers['content-length'] === undefined && !stream.endAfterHeaders)
    headers['transfer-encoding'] = 'chunked'
  const compatible = [new Http2ServerRequest(stream, headers, {}, rawHeaders), new RouterResponse(stream)]
  return compatible as unknown as [IncomingMessage, ServerResponse]
}
