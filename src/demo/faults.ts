import type { Bytes, Milliseconds } from '../cache.ts'
import { Gate } from './gate.ts'
import type { Listener } from './listener.ts'

/** What goes wrong. Bytes are those of the body as it is on the wire. */
export type Kind =
  /** The head comes this much later. */
  | { readonly kind: 'latency'; readonly ms: Milliseconds }
  /** An error of the server, or of a proxy before it. */
  | { readonly kind: 'status'; readonly status: number }
  /** As if there was no such file, with the very headers of that (owncast.md §2.3). */
  | { readonly kind: 'missing' }
  /** The request is read and never answered. */
  | { readonly kind: 'hang' }
  /** Something that is not a response, then the end of the connection. */
  | { readonly kind: 'malformed' }
  /** A file that is half written: 200, and a Content-Length that agrees with the part that there is; 0 for an empty one. */
  | { readonly kind: 'truncated'; readonly bytes: Bytes }
  /** The connection ends after this much of the body. */
  | { readonly kind: 'break'; readonly bytes: Bytes }
  /** Content-Length promises this many bytes more, or fewer, than are sent; more also ends the connection. */
  | { readonly kind: 'length'; readonly off: Bytes }
  /** The body comes in drops, one of this size (1) every so often (1000 ms). */
  | { readonly kind: 'trickle'; readonly bytes?: Bytes; readonly everyMs?: Milliseconds }
  /** Waits at the gate, before the head or after this much of the body. */
  | { readonly kind: 'hold'; readonly gate: Gate; readonly after?: Bytes }

export interface Scope {
  /** Which request targets, all by default. */
  readonly target?: RegExp
  /** How many requests, from the next on; all by default. */
  readonly times?: number
}

export type Fault = Kind & Scope

/** The faults of one request by their kind. */
export type Plan = { readonly [K in Kind['kind']]?: Extract<Kind, { kind: K }> }

interface Armed {
  readonly fault: Fault
  left: number
}

/** Faults on command. Several may meet in one request; of two of a kind the one added first is taken. */
export class Faults {
  readonly #listener: Listener
  readonly #armed = new Set<Armed>()

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Adds a fault and returns how to take it away again. */
  add(fault: Fault): () => void {
    const armed = { fault, left: fault.times ?? Number.POSITIVE_INFINITY }
    this.#armed.add(armed)
    return () => this.#armed.delete(armed)
  }

  /** Holds requests until the gate is released, before the head or `after` this much of the body. */
  hold(target: RegExp, options: { readonly times?: number; readonly after?: Bytes } = {}): Gate {
    const gate = new Gate()
    this.add({ kind: 'hold', gate, target, ...options })
    return gate
  }

  /** Takes all faults away and releases whoever is held. */
  clear(): void {
    for (const { fault } of this.#armed) if (fault.kind === 'hold') fault.gate.release()
    this.#armed.clear()
  }

  /** Nobody gets in any more, and whoever is in is thrown out: connections are refused, or reset when they are accepted. */
  refuse(how: 'refused' | 'reset' = 'refused'): Promise<void> {
    return this.#listener.refuse(how)
  }

  /** Takes connections again, at the same port. */
  accept(): Promise<void> {
    return this.#listener.accept()
  }

  /** Called by the server: what shall happen to a request. */
  take(target: string): Plan {
    const plan: Record<string, Kind> = {}
    for (const armed of this.#armed) {
      const { fault } = armed
      if (plan[fault.kind] !== undefined || !(fault.target?.test(target) ?? true)) continue
      plan[fault.kind] = fault
      armed.left -= 1
      if (armed.left === 0) this.#armed.delete(armed)
    }
    return plan
  }
}
