import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Bytes, Viewership } from '../cache.ts'

/** What the metrics are read from when somebody asks; everything in it is a plain number elsewhere. */
export interface Readings {
  readonly answers: Readonly<Record<string, number>>
  readonly originRequests: Readonly<Record<string, number | undefined>>
  readonly originFailures: Readonly<Record<string, number>>
  readonly originBytes: Bytes
  readonly bytesOut: Bytes
  readonly bytesIn: Bytes
  readonly connections: number
  readonly tunnels: number
  readonly tunnelsOpened: number
  readonly storedBytes: Bytes
  readonly storedResponses: number
  readonly heldBytes: Bytes
  readonly evictions: number
  readonly viewers: Viewership
  readonly originIsDown: boolean
  readonly fills: number
  readonly fillsBroken: number
  readonly askedAgain: number
  readonly fillsResumed: number
}

/** Prometheus' text of the readings; hot paths count in plain numbers, and this turns them into series when scraped. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })

  constructor(read: () => Readings) {
    this.#labelled(
      'requests_total',
      'Requests of clients, by how they were answered',
      'answer',
      () => read().answers
    )
    this.#labelled(
      'origin_requests_total',
      'Requests to the origin for what may be stored, by kind',
      'kind',
      () => read().originRequests
    )
    this.#labelled(
      'origin_failures_total',
      'Fetches that failed, by reason',
      'reason',
      () => read().originFailures
    )
    this.#counter(
      'origin_received_bytes_total',
      'Bytes of bodies that came from the origin for the cache',
      () => read().originBytes
    )
    this.#counter(
      'sent_bytes_total',
      'Bytes sent to clients, heads and tunnels included',
      () => read().bytesOut
    )
    this.#counter('received_bytes_total', 'Bytes received from clients', () => read().bytesIn)
    this.#counter('evictions_total', 'Stored responses dropped to make room', () => read().evictions)
    this.#counter(
      'fills_broken_total',
      'Bodies that broke off while they were being sent',
      () => read().fillsBroken
    )
    this.#counter(
      'asked_again_total',
      'Half-written or not yet written files that were asked for again',
      () => read().askedAgain
    )
    this.#counter(
      'fills_resumed_total',
      'Bodies that broke off and were fetched on from there',
      () => read().fillsResumed
    )
    this.#counter('tunnels_opened_total', 'Chat tunnels that were opened', () => read().tunnelsOpened)
    this.#labelled(
      'pings_total',
      'Pings to tell Owncast of viewers, by what became of them',
      'result',
      () => read().viewers.pings
    )
    this.#viewers(() => read().viewers)
    this.#gauge('tunnels', 'Chat tunnels that are open', () => read().tunnels)
    this.#gauge('connections', 'Connections of clients', () => read().connections)
    this.#gauge('stored_bytes', 'Bytes that stored responses take', () => read().storedBytes)
    this.#gauge('stored_responses', 'Stored responses', () => read().storedResponses)
    this.#gauge('held_bytes', 'Bytes of all bodies: stored, arriving and being sent', () => read().heldBytes)
    this.#gauge('origin_up', 'Whether the origin answers', () => (read().originIsDown ? 0 : 1))
    this.#gauge('fills', 'Fetches under way', () => read().fills)
    this.#gauge('resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
    this.#gauge('event_loop_lag_seconds', 'Longest delay of the event loop since the last scrape', () =>
      this.#lag()
    )
    this.#delay.enable()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  close(): void {
    this.#delay.disable()
  }

  /** Whoever only pings, or has only asked for the multivariant playlist yet, watches variant `none`. */
  #viewers(read: () => Viewership): void {
    new Gauge({
      name: 'owncast_edge_viewers',
      help: 'Viewers who are watching here now, by variant',
      labelNames: ['variant'],
      registers: [this.#registry],
      collect() {
        const { total, variants } = read()
        let none = total
        this.reset()
        for (const [variant, count] of Object.entries(variants)) {
          this.set({ variant }, count)
          none -= count
        }
        this.set({ variant: 'none' }, none)
      }
    })
  }

  #lag(): number {
    const longest = this.#delay.max / 1e9
    this.#delay.reset()
    return longest
  }

  #gauge(name: string, help: string, read: () => number): void {
    const registers = [this.#registry]
    new Gauge({
      name: `owncast_edge_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      }
    })
  }

  #counter(name: string, help: string, read: () => number): void {
    const registers = [this.#registry]
    new Counter({
      name: `owncast_edge_${name}`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      }
    })
  }

  #labelled(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number | undefined>>
  ): void {
    const registers = [this.#registry]
    new Counter({
      name: `owncast_edge_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count ?? 0)
      }
    })
  }
}
