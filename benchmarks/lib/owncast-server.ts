import type { Bytes } from '../../src/cache.ts'
import type { OwncastOptions } from '../../src/demo/owncast.ts'
import type { Origin } from './contender.ts'
import type { Core } from './cores.ts'
import { Remote } from './remote.ts'

/** The stand-in Owncast, in a process of its own. */
export class OwncastServer implements Origin {
  readonly port: number
  readonly #remote: Remote

  private constructor(port: number, remote: Remote) {
    this.port = port
    this.#remote = remote
  }

  static async start(options: OwncastOptions, core: Core): Promise<OwncastServer> {
    const remote = new Remote(new URL('owncast.js', import.meta.url), core)
    const address = await remote.call<string>('start', options).catch(async (error: Error) => {
      await remote.stop()
      throw error
    })
    return new OwncastServer(Number(new URL(address).port), remote)
  }

  get pid(): number {
    return this.#remote.pid
  }

  /** What went over the line so far. */
  bytes(): Promise<Bytes> {
    return this.#remote.call('bytes', undefined)
  }

  stop(): Promise<void> {
    return this.#remote.stop()
  }
}
