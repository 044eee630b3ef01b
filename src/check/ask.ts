import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Milliseconds } from '../cache.ts'

/** One answer, and how long its parts took. */
export interface Reply {
  readonly status: number
  readonly fields: IncomingHttpHeaders
  readonly body: Buffer
  /** When it was asked for, since the epoch. */
  readonly askedAt: Milliseconds
  /** From then until the head was there, connecting included. */
  readonly headAfter: Milliseconds
  /** From the head until the end of the body. */
  readonly bodyTook: Milliseconds
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>
  readonly timeout: Milliseconds
}

/** Asks one origin, by path or by a whole address. */
export type Look = (path: string, headers?: Record<string, string>) => Promise<Reply>

/** Asks with GET on a connection of its own. Rejects with the system's error, or with `no answer in time`. */
export function ask(url: URL, { headers = {}, timeout }: Question): Promise<Reply> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const askedAt = Date.now()
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const request = send(url, { agent: false, headers: { 'Accept-Encoding': 'identity', ...headers } })
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), timeout)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      reject(error)
    }
    request.once('error', fail)
    // A 101, with which Owncast's chat begins: that it came is all there is to know.
    request.once('upgrade', (answer, socket) => {
      clearTimeout(timer)
      socket.destroy()
      const headAfter = performance.now() - startedAt
      resolve({ ...headOf(answer), body: Buffer.alloc(0), askedAt, headAfter, bodyTook: 0 })
    })
    request.once('response', (answer) => {
      const headAfter = performance.now() - startedAt
      answer.once('error', fail)
      void read(answer).then((body) => {
        clearTimeout(timer)
        const bodyTook = performance.now() - startedAt - headAfter
        resolve({ ...headOf(answer), body, askedAt, headAfter, bodyTook })
      }, fail)
    })
    request.end()
  })
}

function headOf({ statusCode = 0, headers }: IncomingMessage): {
  status: number
  fields: IncomingHttpHeaders
} {
  return { status: statusCode, fields: headers }
}

async function read(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of answer) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
