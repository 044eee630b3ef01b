import type { ServerResponse } from 'node:http'
import type { Bytes, Milliseconds } from '../cache.ts'
import type { Observer } from './observer.ts'

/** A comment so often keeps proxies from closing a silent stream. */
const breathe: Milliseconds = 15_000
/** A dashboard that takes so little is behind a dead line, and comes back by itself. */
const mostUnsent: Bytes = 1024 * 1024

/** Sends one dashboard what there is and then what happens, as server-sent events, until it leaves. */
export function streamTo(
  response: ServerResponse,
  observer: Observer,
  edge: { readonly version: string; readonly origin: string; readonly profile: string }
): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff'
  })
  const send = (event: string, content: object): void => {
    if (response.writableLength > mostUnsent) response.destroy()
    else response.write(`event: ${event}\ndata: ${JSON.stringify(content)}\n\n`)
  }
  send('hello', { ...edge, ...observer.snapshot() })
  const leave = observer.follow(({ event, data }) => send(event, data))
  const breath = setInterval(() => response.write(':\n\n'), breathe).unref()
  response.once('close', () => {
    clearInterval(breath)
    leave()
  })
}
