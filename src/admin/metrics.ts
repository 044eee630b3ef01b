import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Bytes, Milliseconds } from '../cache.ts'
import type { LoopLag } from './loop-lag.ts'
import { type Metric, metrics } from './metric-table.ts'
import type { Readings } from './readings.ts'

export interface MetricsOptions {
  readonly version: string
  readonly read: () => Readings
  readonly lag: LoopLag
}

/** A fetch that has brought a body. */
export interface Filled {
  readonly kind: string
  readonly took: Milliseconds
  readonly bytes: Bytes
}

/** From a LAN to a thin uplink with a fat segment. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16]
/** 1 Mbit/s to 1 Gbit/s. */
const rates = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((megabits) => megabits * 125_000)
/** Below this a rate says more about the delay than about the line. */
const worthARate: Bytes = 100_000

/** Prometheus' text: hot paths count in plain numbers, and this turns them into series when scraped. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #read: () => Readings
  readonly #duration: Histogram
  readonly #rate: Histogram
  /** Read once for a scrape, so that its series fit with each other. */
  #readings: Readings

  constructor({ version, read, lag }: MetricsOptions) {
    const registers = [this.#registry]
    this.#read = read
    this.#readings = read()
    for (const metric of metrics) this.#register(metric, registers)
    this.#duration = new Histogram({
      name: 'owncast_edge_fill_duration_seconds',
      help: 'How long fetches from the origin took until the body was whole, by kind',
      labelNames: ['kind'],
      buckets: durations,
      registers
    })
    this.#rate = new Histogram({
      name: 'owncast_edge_fill_rate_bytes_per_second',
      help: 'How fast bodies of 100 kB and more came from the origin, by kind',
      labelNames: ['kind'],
      buckets: rates,
      registers
    })
    this.#addProcess(registers, lag)
    this.#addInfo(registers, version)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    this.#readings = this.#read()
    return this.#registry.metrics()
  }

  filled({ kind, took, bytes }: Filled): void {
    this.#duration.observe({ kind }, took / 1000)
    if (bytes >= worthARate) this.#rate.observe({ kind }, bytes / Math.max(took / 1000, 0.001))
  }

  #register({ type, name, help, labels, read }: Metric, registers: Registry[]): void {
    const current = (): Readings => this.#readings
    const options = { name, help, labelNames: [...labels], registers }
    if (type === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset()
          for (const { labels, value } of read(current())) this.set(labels, value)
        }
      })
      return
    }
    new Counter({
      ...options,
      collect() {
        this.reset()
        for (const { labels, value } of read(current())) this.inc(labels, value)
      }
    })
  }

  /** Under the names that every exporter gives them. */
  #addProcess(registers: Registry[], lag: LoopLag): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        }
      })
    }
    gauge('process_resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss())
    gauge(
      'process_start_time_seconds',
      'When the process started, since the epoch',
      () => performance.timeOrigin / 1000
    )
    gauge(
      'owncast_edge_event_loop_lag_seconds',
      'Longest delay of the event loop in the last 30 seconds',
      () => lag.longest() / 1000
    )
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time that the process has used',
      registers,
      collect() {
        const { user, system } = process.cpuUsage()
        this.reset()
        this.inc((user + system) / 1e6)
      }
    })
  }

  #addInfo(registers: Registry[], version: string): void {
    const current = (): Readings => this.#readings
    new Gauge({
      name: 'owncast_edge_info',
      help: 'Versions, always 1',
      labelNames: ['version', 'node', 'owncast'],
      registers,
      collect() {
        this.reset()
        this.set({ version, node: process.versions.node, owncast: current().originVersion ?? 'unknown' }, 1)
      }
    })
  }
}
