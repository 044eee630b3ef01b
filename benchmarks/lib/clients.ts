import { percentile } from '../../src/bench/statistics.ts'
import type { Bytes, Milliseconds, Seconds } from '../../src/cache.ts'
import { type Address, Connection } from './connection.ts'

/** What a number of connections asked for as fast as they were answered. */
export interface Throughput {
  readonly answers: number
  readonly bytes: Bytes
  readonly seconds: Seconds
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

/** Requests one after another over each connection, until a time is over or there are so many answers. */
export interface Loop {
  /** `{n}` stands for another number in each request. */
  readonly target: string
  readonly seconds?: Seconds
  readonly answers?: number
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

  /** Asks over all connections, again as soon as answered. Rejects when a connection breaks. */
  loop({
    target,
    seconds = Number.POSITIVE_INFINITY,
    answers = Number.POSITIVE_INFINITY
  }: Loop): Promise<Throughput> {
    return new Promise((resolve, reject) => {
      this.#broken = reject
      const beganAt = performance.now()
      const seen = { latencies: [] as Milliseconds[], bytes: 0, failures: 0 }
      let open = this.#connections.length
      let left = answers
      const ask = (connection: Connection): void => {
        left -= 1
        connection.ask(
          target.replace('{n}', () => String(this.#asked++)),
          answered
        )
      }
      const answered = (connection: Connection): void => {
        seen.latencies.push(connection.lastByteAt - connection.sentAt)
        seen.bytes += connection.bytes
        if (connection.status !== 200) seen.failures += 1
        if (left > 0 && connection.lastByteAt < beganAt + seconds * 1000) return ask(connection)
        open -= 1
        if (open === 0) resolve(throughputOf(seen, (performance.now() - beganAt) / 1000))
      }
      this.#connections.forEach(ask)
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

function throughputOf(
  seen: { latencies: Milliseconds[]; bytes: Bytes; failures: number },
  seconds: Seconds
): Throughput {
  const { latencies, bytes, failures } = seen
  return { answers: latencies.length, bytes, seconds, p99: percentile(latencies, 0.99), failures }
}

function arrivalOf({ sentAt, firstByteAt, lastByteAt, status, bytes }: Connection): Arrival {
  return { firstByte: firstByteAt - sentAt, lastByte: lastByteAt - sentAt, status, bytes }
}
