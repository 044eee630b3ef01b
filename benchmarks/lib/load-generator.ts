import type { Milliseconds } from '../../src/cache.ts'
import type { Arrival, Loop, Throughput } from './clients.ts'
import type { Address } from './connection.ts'
import type { Core } from './cores.ts'
import { Remote } from './remote.ts'
import type { Read, SlowReading } from './slow-readers.ts'
import type { Tunnelling } from './tunnels.ts'

/** The load, in a process of its own on a core of its own. */
export class LoadGenerator {
  readonly #remote: Remote

  constructor(core: Core) {
    this.#remote = new Remote(new URL('load.js', import.meta.url), core)
  }

  get pid(): number {
    return this.#remote.pid
  }

  /** Opens so many connections; those of before are closed. */
  open(address: Address, count: number): Promise<void> {
    return this.#remote.call('open', { address, count })
  }

  /** Asks over all connections, again as soon as answered. */
  loop(loop: Loop): Promise<Throughput> {
    return this.#remote.call('loop', loop)
  }

  /** Each connection asks once, spread over a time. */
  ask(targets: readonly string[], over: Milliseconds): Promise<Arrival[]> {
    return this.#remote.call('ask', { targets, over })
  }

  readSlowly(reading: SlowReading): Promise<Read> {
    return this.#remote.call('readSlowly', reading)
  }

  /** @returns how many tunnels are open and have brought a message back */
  openTunnels(tunnelling: Tunnelling): Promise<number> {
    return this.#remote.call('openTunnels', tunnelling)
  }

  echo(): Promise<void> {
    return this.#remote.call('echo', undefined)
  }

  close(): Promise<void> {
    return this.#remote.call('close', undefined)
  }

  stop(): Promise<void> {
    return this.#remote.stop()
  }
}
