import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Core } from './cores.ts'

/** A program that runs pinned to a core until it is stopped. */
export interface Program {
  readonly pid: number
  /** What it has said so far, on either stream. */
  output(): string
  stop(): Promise<void>
}

export interface Surroundings {
  readonly core: Core
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** How long a program may take to answer, and to end when told to. */
const patience = 15_000

/** What runs at the moment, and must not outlive us. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/**
 * Starts a program on one core and waits until it answers.
 * @param isReady asked again and again; throws or says false while it is not
 * @throws Error with the program's last words when it ends before that
 */
export async function start(
  command: string,
  args: readonly string[],
  around: Surroundings,
  isReady: () => Promise<boolean>
): Promise<Program> {
  const child = spawn('taskset', ['-c', String(around.core), command, ...args], {
    ...(around.folder === undefined ? {} : { cwd: around.folder }),
    env: { ...process.env, ...around.environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const output = (): string => said.join('')
  await untilReady(child, isReady).catch(async (error: Error) => {
    await stop(child)
    throw new Error(`${command}: ${error.message}\n${output().slice(-2000)}`)
  })
  return { pid: child.pid!, output, stop: () => stop(child) }
}

async function untilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + patience
  while (!(await isReady().catch(() => false))) {
    if (hasEnded(child)) throw new Error('ended before it was ready')
    if (Date.now() > giveUpAt) throw new Error(`was not ready after ${patience / 1000} s`)
    await sleep(50)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), patience)
  await ended
  clearTimeout(kill)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Whether an address answers with the status of success. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  await response.arrayBuffer()
  return response.ok
}

/** The path of an installed program, also where only root has it on the path. */
export function find(name: string): string | undefined {
  const { stdout } = spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${name}`], {
    encoding: 'utf8'
  })
  return stdout.trim() === '' ? undefined : stdout.trim()
}
