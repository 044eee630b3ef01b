import { percentile } from '../../src/bench/statistics.ts'
import type { Bytes, Milliseconds, Seconds } from '../../src/cache.ts'
import { type Address, Connection } from './connection.ts'

/** What a number of connections asked for as fast as they were answered. */
export interface Throughput {
  readonly answers: number
  readonly bytes: Bytes
  readonly seconds: Seconds
  readonly p50: Milliseconds
  readonly p99: Milliseconds
  /** Answers whose status was not 200. */
  readonly failures: number
}

/** One client's answer, in milliseconds after its request. */
export interface Arrival {
  readonly firstByte: Milliseconds
  readonly lastByte: Milliseconds
  readonly status: number
  readonly bytes: Bytes
}

/** Where the next request of a loop goes: always the same, or a new segment every time, by `{n}`. */
export interface Loop {
  readonly target: string
  readonly seconds: Seconds
}

/** Connections that are open at the same time, each with one request under way at most. */
export class Clients {
  readonly #connections: readonly Connection[]
  #broken: (error: Error) => void = () => {}
  #asked = 0

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections
  }

  static async open(address: Address, count: number): Promise<Clients> {
    let broken: (error: Error) => void = () => {}
    const failed = (error: Error): void => broken(error)
    const connections: Connection[] = []
    while (connections.length < count) {
      const batch = Math.min(100, count - connections.length)
      connections.push(
        ...(await Promise.all(Array.from({ length: batch }, () => Connection.open(address, failed))))
      )
    }
    const clients = new Clients(connections)
    broken = (error) => clients.#broken(error)
    return clients
  }

  /** Asks over all connections, again as soon as answered, for so long. Rejects when a connection breaks. */
  loop({ target, seconds }: Loop): Promise<Throughput> {
    return new Promise((resolve, reject) => {
      this.#broken = reject
      const beganAt = performance.now()
      const endAt = beganAt + seconds * 1000
      const latencies: Milliseconds[] = []
      let bytes = 0
      let failures = 0
      let open = this.#connections.length
      const next = (): string => target.replace('{n}', () => String(this.#asked++))
      const answered = (connection: Connection): void => {
        latencies.push(connection.lastByteAt - connection.sentAt)
        bytes += connection.bytes
        if (connection.status !== 200) failures += 1
        if (connection.lastByteAt < endAt) return connection.ask(next(), answered)
        open -= 1
        if (open > 0) return
        const took = (performance.now() - beganAt) / 1000
        resolve({
          answers: latencies.length,
          bytes,
          seconds: took,
          p50: percentile(latencies, 0.5),
          p99: percentile(latencies, 0.99),
          failures
        })
      }
      for (const connection of this.#connections) connection.ask(next(), answered)
    })
  }

  /** Each connection asks once, for its own target, spread evenly over a time; 0 is all at once. */
  async ask(targets: readonly string[], over: Milliseconds): Promise<Arrival[]> {
    const broken = new Promise<never>((_, reject) => {
      this.#broken = reject
    })
    const arrivals = this.#connections.map((connection, index) => {
      const delay = (over * index) / this.#connections.length
      return new Promise<Arrival>((resolve) => {
        const ask = (): void =>
          connection.ask(targets[index % targets.length]!, (answered) => resolve(arrivalOf(answered)))
        if (over === 0) ask()
        else setTimeout(ask, delay)
      })
    })
    return Promise.race([Promise.all(arrivals), broken])
  }

  close(): void {
    this.#broken = () => {}
    for (const connection of this.#connections) connection.close()
  }
}

function arrivalOf({ sentAt, firstByteAt, lastByteAt, status, bytes }: Connection): Arrival {
  return { firstByte: firstByteAt - sentAt, lastByte: lastByteAt - sentAt, status, bytes }
}
