import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Milliseconds } from '../../cache.ts'
import { Http2Request } from './http2-request.ts'
import { Http2Response } from './http2-response.ts'

/** As long as HTTP/1.1 keeps a connection without requests. */
const idleLimit: Milliseconds = 65_000

/**
 * What one client may take. Streams that are opened only to be reset are counted by nghttp2, pings and settings by Node,
 * each within its own limits (CVE-2023-44487, CVE-2019-9512, CVE-2019-9515).
 */
const limits: ServerOptions = {
  settings: { maxConcurrentStreams: 128, maxHeaderListSize: 16 * 1024, enablePush: false },
  maxSessionMemory: 10,
  maxHeaderListPairs: 100,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
  maxSettings: 32
}

/** Takes requests like those of node:http. */
export type Answering = (request: Http2Request, response: Http2Response) => void

/** The HTTP/2 connections of viewers. */
export class Http2Sessions {
  readonly #answer: Answering
  readonly #open = new Set<ServerHttp2Session>()

  constructor(answer: Answering) {
    this.#answer = answer
  }

  /** Speaks HTTP/2 on a connection whose handshake has agreed on it. */
  accept(socket: TLSSocket): void {
    const session = performServerHandshake(socket, limits)
    let streams = 0
    this.#open.add(session)
    session.once('close', () => this.#open.delete(session))
    // A connection that broke; 'close' follows, and each of its streams learns of it.
    session.on('error', () => {})
    session.setTimeout(idleLimit, () => {
      if (streams === 0) session.close()
    })
    session.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, received: string[]) => {
        streams++
        stream.once('close', () => streams--)
        this.#take(stream, headers, received, socket)
      }
    )
  }

  /** Says GOAWAY: what was asked for is still answered, and nothing more is accepted (RFC 9113 §6.8). */
  close(): void {
    for (const session of this.#open) session.close()
  }

  #take(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    received: string[],
    socket: TLSSocket
  ): void {
    // A client that has reset the stream; 'close' follows, for which whoever answers listens.
    stream.on('error', () => {})
    this.#answer(new Http2Request(stream, headers, received, socket), new Http2Response(stream))
  }
}
