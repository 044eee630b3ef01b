import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Body } from '../../body.ts'
import type { StoredResponse } from '../../cache.ts'
import { goesAtOnce } from '../send.ts'
import { Boundary } from './boundary.ts'
import { type Form, hasTailAt } from './form.ts'
import { hitBytes, smallBody } from './hit-bytes.ts'
import type { Lane } from './lane.ts'
import { writeInSteps } from './write-in-steps.ts'

type Listener = (chunk: Buffer) => void
/** What is known of a form before its bytes are, and the target of the request that it was learnt from. */
export type Learnt = Omit<Form, 'tail' | 'longest'> & { readonly target: string }

/** Players ask for playlists in one form and for segments in another (Accept-Encoding). */
const mostForms = 2
/** So many requests in new forms in a row, and the lane is given up: this client never says the same twice. */
const mostPatience = 16

/**
 * One connection of node:http, whose chunks are looked at before its parser gets them. What is recognised is answered;
 * everything else goes on to the parser, untouched and in order.
 */
export class LaneConnection {
  readonly #socket: Socket
  readonly #lane: Lane
  /** What node:http does with a chunk. */
  readonly #parse: Listener
  readonly #boundary = new Boundary()
  #forms: readonly Form[] = none
  #patience = mostPatience
  /** Requests that the parser has found in this chunk. */
  #found: readonly IncomingMessage[] = none
  /** The one among them that may be repeated. */
  #learnt: Learnt | undefined
  /** Requests that node:http has not answered to the end. */
  #open = 0
  /** Bodies that are being written, in order; each is held until the system has taken it. */
  readonly #sending: Body[] = []
  /** Whether one of them is written in steps, between which nobody else may write: what comes is held back. */
  #isStepping = false
  #heldBack: readonly Buffer[] = none
  #stepped = nothing

  private constructor(socket: Socket, lane: Lane, parse: Listener) {
    this.#socket = socket
    this.#lane = lane
    this.#parse = parse
  }

  /** Undefined where node:http does not listen as it is known to: then it is left alone. */
  static on(socket: Socket, lane: Lane): LaneConnection | undefined {
    const [parse, ...others] = socket.listeners('data') as Listener[]
    if (parse === undefined || others.length > 0) return undefined
    const connection = new LaneConnection(socket, lane, parse)
    // Marked as `once` marks what it wraps: when node:http hands the socket over to an upgrade, it removes its listener.
    const receive = Object.assign((chunk: Buffer) => connection.#receive(chunk), { listener: parse })
    socket.removeListener('data', parse)
    socket.on('data', receive)
    return connection
  }

  get isSending(): boolean {
    return this.#sending.length > 0 || this.#socket.writableLength > 0
  }

  /** The parser has found a request. */
  found(request: IncomingMessage, response: ServerResponse): void {
    // Nobody asks for them any more where the lane is given up: they would stay as long as the connection.
    if (!this.#boundary.isLost && this.#patience > 0) this.#found = [...this.#found, request]
    this.#open++
    response.on('close', this.#closed)
  }

  /** The request that was found just now is answered from the store, and so may others be. */
  learn(learnt: Learnt): void {
    this.#learnt = learnt
  }

  forget(): void {
    this.#forms = none
  }

  /** Ends the connection when everything was sent, unless node:http has something to say on it. */
  async end(): Promise<void> {
    if (this.#isStepping)
      await new Promise<void>((resolve) => {
        this.#stepped = resolve
      })
    if (this.#open === 0) await new Promise<void>((resolve) => this.#socket.end(resolve))
  }

  #receive(chunk: Buffer): void {
    if (this.#isStepping) return this.#holdBack(chunk)
    const answered = this.#mayAnswer() ? this.#answerAll(chunk) : 0
    if (answered === chunk.length) return
    const rest = answered === 0 ? chunk : chunk.subarray(answered)
    if (this.#isStepping) this.#holdBack(rest)
    else this.#pass(rest)
  }

  #mayAnswer(): boolean {
    if (this.#forms.length === 0 || this.#open > 0 || this.#lane.isDraining) return false
    return this.#boundary.isHere && this.#socket.writable
  }

  /** Answers what it recognises at the beginning of a chunk and returns where that ends. */
  #answerAll(chunk: Buffer): number {
    let at = 0
    for (;;) {
      const end = this.#answerAt(chunk, at)
      if (end === at) return at
      at = end
    }
  }

  #answerAt(chunk: Buffer, at: number): number {
    // Whoever has not taken the last answer waits for the next one in node:http's order, within its limits.
    if (this.#socket.writableLength > 0 || !startsWithGet(chunk, at)) return at
    const space = chunk.indexOf(0x20, at + 4)
    const form = this.#formAt(chunk, space)
    if (form === undefined || space - at > form.longest) return at
    const target = chunk.toString('latin1', at + 4, space)
    const stored = this.#lane.hit(form, target, this.#socket)
    if (stored === undefined) return at
    this.#send(stored, form, target)
    return space + form.tail.length
  }

  #formAt(chunk: Buffer, at: number): Form | undefined {
    for (const form of this.#forms) if (hasTailAt(chunk, at, form)) return form
    return undefined
  }

  #send(stored: StoredResponse, form: Form, target: string): void {
    const bytes = hitBytes(stored, this.#lane)
    const noted = this.#lane.noting(form, target, stored, this.#socket)
    // The bytes are this second's, and nobody else's memory.
    if (stored.length <= smallBody) this.#socket.write(bytes, noted)
    else this.#sendBody(bytes, stored, noted)
    if (this.#patience < mostPatience) this.#patience++
  }

  #sendBody(head: Buffer, { body, length }: StoredResponse, noted: (() => void) | undefined): void {
    body.hold()
    this.#sending.push(body)
    const sent = (): void => {
      this.#sending.shift()?.release()
      noted?.()
    }
    if (goesAtOnce(this.#socket, length)) this.#writeAll(head, body.views, sent)
    else this.#step(head, body, sent)
  }

  #step(head: Buffer, body: Body, sent: () => void): void {
    this.#isStepping = true
    this.#socket.pause()
    writeInSteps(this.#socket, head, body, () => {
      sent()
      this.#isStepping = false
      this.#stepped()
      this.#goOn()
    })
  }

  #holdBack(chunk: Buffer): void {
    this.#heldBack = [...this.#heldBack, chunk]
  }

  /** Reads on, and first what was held back. */
  #goOn(): void {
    const chunks = this.#heldBack
    this.#heldBack = none
    if (this.#socket.destroyed) return
    for (const chunk of chunks) this.#receive(chunk)
    if (!this.#isStepping) this.#socket.resume()
  }

  #writeAll(head: Buffer, views: readonly Buffer[], sent: () => void): void {
    const socket = this.#socket
    const last = views.length - 1
    socket.cork()
    socket.write(head)
    for (let i = 0; i < last; i++) socket.write(views[i] as Buffer)
    socket.write(views[last] as Buffer, sent)
    socket.uncork()
  }

  readonly #closed = (): void => {
    this.#open--
  }

  #pass(chunk: Buffer): void {
    if (this.#boundary.isLost || this.#patience === 0) return this.#parse(chunk)
    const isWhole = this.#boundary.isHere
    this.#parse(chunk)
    this.#boundary.passed(chunk, this.#found)
    if (isWhole && this.#boundary.isHere && this.#learnt !== undefined) this.#remember(chunk, this.#learnt)
    this.#found = none
    this.#learnt = undefined
    if (this.#boundary.isLost || this.#patience === 0) this.#forms = none
  }

  #remember(chunk: Buffer, { target, known: wanted, visitor, acceptEncoding, referer }: Learnt): void {
    const start = `GET ${target}`
    if (!chunk.toString('latin1').startsWith(`${start} `)) return
    const known = this.#formAt(chunk, start.length)
    if (known !== undefined) {
      known.longest = Math.max(known.longest, start.length)
      return
    }
    // Copied, so that it does not keep the memory of other reads.
    const tail = Buffer.from(chunk.subarray(start.length))
    // Written out, as in keeper/landing.ts.
    const form = { tail, longest: start.length, known: wanted, visitor, acceptEncoding, referer }
    this.#forms = [form, ...this.#forms.slice(0, mostForms - 1)]
    this.#patience--
  }
}

/** The same for all connections, of which there are thousands. */
const none: readonly never[] = []
const nothing = (): void => {}

/** Whether what stands there is `GET `. */
function startsWithGet(chunk: Buffer, at: number): boolean {
  return at + 4 <= chunk.length && chunk.readUInt32BE(at) === 0x47455420
}
