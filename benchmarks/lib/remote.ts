import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Core } from './cores.ts'

type Method = (argument: never) => unknown
interface Call {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}
interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** A module of ours that runs in a process of its own, pinned to a core, and does what it is called for. */
export class Remote {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #calls = 0

  /** @param module the compiled file, which calls `serve` */
  constructor(module: URL, core: Core) {
    this.#child = fork(module, {
      execPath: 'taskset',
      execArgv: ['-c', String(core), process.execPath, '--max-semi-space-size=32']
    })
    this.#child.on('message', (reply: Reply) => this.#settle(reply))
    this.#child.on('exit', () => this.#abandon())
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Calls a method there. @throws Error with the message of whatever was thrown there */
  call<Result>(method: string, argument: unknown): Promise<Result> {
    const id = this.#calls++
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      this.#child.send({ id, method, argument } satisfies Call)
    })
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }

  #settle({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
  }

  #abandon(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the process has ended'))
    this.#waiting.clear()
  }
}

/** In that other process: answers calls until the caller is gone. */
export function serve(methods: Readonly<Record<string, Method>>): void {
  process.on('message', async ({ id, method, argument }: Call) => {
    try {
      process.send!({ id, result: await methods[method]!(argument as never) } satisfies Reply)
    } catch (error) {
      process.send!({ id, error: String((error as Error).stack ?? error) } satisfies Reply)
    }
  })
  process.on('disconnect', () => process.exit())
}
