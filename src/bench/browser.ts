import * as http from 'node:http'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Bytes, Milliseconds } from '../cache.ts'

/** Why a load came to nothing: the status, or the network's word for it. */
export class LoadError extends Error {}

/** Called with the size of each piece that arrives over the line. */
export type Received = (size: Bytes) => void

const decoders: Record<string, (body: Buffer) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate)
}

const fields = {
  accept: '*/*',
  'accept-language': 'en-US,en;q=0.9',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin'
}

/**
 * Loads as one viewer's player does: over up to six kept connections to each host, with the header block of a browser,
 * and a name of its own in the User-Agent, because Owncast counts viewers by address and User-Agent.
 * All loads reject with a LoadError for anything but a whole response with a status of success.
 */
export class Browser {
  readonly #userAgent: string
  readonly #timeout: Milliseconds
  readonly #received: Received
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 6 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 6 })
  }

  /** @param timeout how long a server may be silent */
  constructor(name: string, timeout: Milliseconds, received: Received) {
    this.#userAgent = `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 ${name}`
    this.#timeout = timeout
    this.#received = received
  }

  async loadText(url: string): Promise<string> {
    const response = await this.#request(new URL(url), 'gzip, deflate, br')
    const pieces: Buffer[] = []
    await this.#receive(response, (piece) => pieces.push(piece))
    const body = Buffer.concat(pieces)
    const decoder = decoders[response.headers['content-encoding'] ?? '']
    return (decoder === undefined ? body : await decoder(body)).toString('utf8')
  }

  /** Media is compressed already, so that it is asked for without a coding, as Apple's players do; it is not kept. */
  async loadMedia(url: string): Promise<void> {
    const response = await this.#request(new URL(url), 'identity')
    await this.#receive(response, () => {})
  }

  /** Ends all connections, and whatever is being loaded over them. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #request(url: URL, codings: string): Promise<http.IncomingMessage> {
    const { request } = url.protocol === 'https:' ? https : http
    const agent = this.#agents[url.protocol === 'https:' ? 'https:' : 'http:']
    const headers = {
      ...fields,
      'accept-encoding': codings,
      'user-agent': this.#userAgent,
      referer: `${url.origin}/`
    }
    return new Promise((resolve, reject) => {
      const sent = request(url, { agent, headers, timeout: this.#timeout })
      sent.on('response', resolve)
      sent.on('timeout', () => sent.destroy(new LoadError('timeout')))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the server closed meanwhile: browsers ask again, too (RFC 9112 §9.3.1).
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(this.#request(url, codings))
        else reject(new LoadError(wordOf(error)))
      })
      sent.end()
    })
  }

  async #receive(response: http.IncomingMessage, take: (piece: Buffer) => void): Promise<void> {
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        this.#received(piece.length)
        take(piece)
      }
    } catch (error) {
      throw new LoadError(wordOf(error))
    }
    const status = response.statusCode ?? 0
    if (status < 200 || status > 299) throw new LoadError(String(status))
  }
}

function wordOf(error: unknown): string {
  if (error instanceof LoadError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
