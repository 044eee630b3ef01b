import { fileURLToPath } from 'node:url'
import type { Bytes } from '../../src/cache.ts'
import type { Origin } from './contender.ts'
import type { Core } from './cores.ts'
import { freePort } from './ports.ts'
import { answers, type Program, start } from './program.ts'

export interface OriginOptions {
  readonly segmentBytes: Bytes
  /** In Mbit/s; as fast as it goes where it is left out. */
  readonly uplink?: number
}

/** The synthetic origin, in a process of its own. */
export class OriginServer implements Origin {
  readonly port: number
  readonly #program: Program

  private constructor(port: number, program: Program) {
    this.port = port
    this.#program = program
  }

  static async start({ segmentBytes, uplink = 0 }: OriginOptions, core: Core): Promise<OriginServer> {
    const port = await freePort()
    const module = fileURLToPath(new URL('origin.js', import.meta.url))
    const args = [module, `--port=${port}`, `--segment-bytes=${segmentBytes}`, `--uplink=${uplink}`]
    const program = await start(process.execPath, args, { core }, () =>
      answers(`http://127.0.0.1:${port}/-/counts`)
    )
    return new OriginServer(port, program)
  }

  get pid(): number {
    return this.#program.pid
  }

  /** Request target → how often it was asked for since the last time this was asked. */
  async counts(): Promise<Map<string, number>> {
    const response = await fetch(`http://127.0.0.1:${this.port}/-/counts`)
    return new Map(Object.entries((await response.json()) as Record<string, number>))
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

/** Starts an origin with these options on whichever core it is to have. */
export function syntheticOrigin(options: OriginOptions): (core: Core) => Promise<OriginServer> {
  return (core) => OriginServer.start(options, core)
}
