import * as http from 'node:http'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Bytes, Milliseconds } from '../cache.ts'

/** A response that has arrived whole. `size` is what came over the line, which coding makes less than the body's own. */
export interface Loaded {
  readonly status: number
  readonly size: Bytes
  readonly body: Buffer
}

/** Why a load came to nothing: the status, or the network's word for it. */
export class LoadError extends Error {}

const decoders: Record<string, (body: Buffer) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate)
}

const fields = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-US,en;q=0.9',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin'
}

/**
 * Loads as one viewer's browser does: up to six kept connections to each host, the header block of a browser, and a
 * name in the User-Agent of its own, because Owncast counts viewers by address and User-Agent.
 */
export class Browser {
  readonly #userAgent: string
  readonly #timeout: Milliseconds
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 6 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 6 })
  }

  constructor(name: string, timeout: Milliseconds) {
    this.#userAgent = `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 ${name}`
    this.#timeout = timeout
  }

  /**
   * @param received called with each piece's size as it arrives
   * @throws LoadError for anything but a whole response with a status of success
   */
  async load(url: string, received: (size: Bytes) => void, keep: 'keep' | 'discard'): Promise<Loaded> {
    const response = await this.#request(new URL(url))
    const pieces: Buffer[] = []
    let size = 0
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        size += piece.length
        received(piece.length)
        if (keep === 'keep') pieces.push(piece)
      }
    } catch (error) {
      throw new LoadError(wordOf(error))
    }
    const status = response.statusCode ?? 0
    if (status < 200 || status > 299) throw new LoadError(String(status))
    return { status, size, body: await decode(Buffer.concat(pieces), response.headers['content-encoding']) }
  }

  /** Ends all connections, and whatever is being loaded over them. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #request(url: URL): Promise<http.IncomingMessage> {
    const { request } = url.protocol === 'https:' ? https : http
    const agent = this.#agents[url.protocol === 'https:' ? 'https:' : 'http:']
    const headers = { ...fields, 'user-agent': this.#userAgent, referer: `${url.origin}/` }
    return new Promise((resolve, reject) => {
      const sent = request(url, { agent, headers, timeout: this.#timeout })
      sent.on('response', resolve)
      sent.on('timeout', () => sent.destroy(new LoadError('timeout')))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the server closed meanwhile: browsers ask again, too (RFC 9112 §9.3.1).
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(this.#request(url))
        else reject(new LoadError(wordOf(error)))
      })
      sent.end()
    })
  }
}

async function decode(body: Buffer, coding: string | undefined): Promise<Buffer> {
  const decoder = decoders[coding ?? '']
  return decoder === undefined || body.length === 0 ? body : decoder(body)
}

function wordOf(error: unknown): string {
  if (error instanceof LoadError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
