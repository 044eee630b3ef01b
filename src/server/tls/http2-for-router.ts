import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { Http2Request } from './http2-request.ts'

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
  const compatible = [
    new Http2ServerRequest(stream, headers, {}, rawHeaders),
    new Http2ServerResponse(stream)
  ]
  return compatible as unknown as [IncomingMessage, ServerResponse]
}
