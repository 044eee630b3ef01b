import { writeFileSync } from 'node:fs'
import type { Seconds } from '../cache.ts'
import type { Plan, Sample } from './audience.ts'
import { compare } from './compare.ts'
import { chartAssets, megabitsSince, report } from './report.ts'
import { type Outcome, run } from './run.ts'
import { figure, table } from './table.ts'

/** What `owncast-edge bench` was asked to do, as read from the command line. */
export interface BenchOptions {
  /** The server to watch: its address, or that of a playlist. */
  readonly target: string
  /** Another one, watched by as many viewers after the first. */
  readonly compare?: string | undefined
  readonly viewers?: number | string | undefined
  readonly seconds?: Seconds | string | undefined
  /** Where the report goes. */
  readonly report?: string | undefined
}

/** Where the command writes. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}

/** An option that cannot be used: its name, its value and what was expected. */
class OptionError extends Error {
  constructor(name: string, value: unknown, expected: string) {
    super(`--${name}: "${String(value)}" is not usable: expected ${expected}`)
  }
}

/**
 * Lets simulated viewers watch a stream, shows how they fare, and writes a report. Ctrl-C ends the run early and keeps
 * what was measured.
 * @returns the exit code: 0 when it ran, 1 when no viewer got a picture, 2 when an option is not usable
 */
export async function bench(options: BenchOptions, terminal: Terminal = process): Promise<number> {
  let plans: readonly Plan[]
  try {
    plans = plansOf(options)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    terminal.stderr.write(`${error.message}\n`)
    return 2
  }
  const outcomes = await runAll(plans, terminal)
  const rows = compare(outcomes).map(({ name, values }) => [name, ...values])
  terminal.stdout.write(`${table(['', ...outcomes.map(({ plan }) => plan.entrance)], rows)}\n`)
  const path = options.report ?? 'owncast-edge-bench.html'
  writeFileSync(path, report(outcomes, chartAssets(), new Date()))
  terminal.stdout.write(`\nThe report with charts is in ${path}\n`)
  return outcomes.every(({ samples }) => samples.some(({ playing }) => playing > 0)) ? 0 : 1
}

async function runAll(plans: readonly Plan[], terminal: Terminal): Promise<Outcome[]> {
  const interrupt = new AbortController()
  const abort = (): void => interrupt.abort()
  process.once('SIGINT', abort)
  const outcomes: Outcome[] = []
  for (const plan of plans) {
    if (interrupt.signal.aborted) break
    terminal.stderr.write(`${plan.viewers} viewers, ${plan.seconds} seconds: ${plan.entrance}\n`)
    outcomes.push(await run(plan, progressOn(terminal, plan), interrupt.signal))
    terminal.stderr.write('\n')
  }
  process.removeListener('SIGINT', abort)
  return outcomes
}

/** Shows each second's sample: over the last one on a terminal, every ten seconds on its own line elsewhere. */
function progressOn({ stderr }: Terminal, plan: Plan): (sample: Sample) => void {
  let before: Sample | undefined
  return (sample) => {
    const line = describe(plan, sample, megabitsSince(before, sample))
    before = sample
    if (stderr.isTTY === true) stderr.write(`\r${line.padEnd(100)}`)
    else if (Math.round(sample.at) % 10 === 0) stderr.write(`${line}\n`)
  }
}

function describe({ seconds }: Plan, sample: Sample, megabits: number): string {
  const { at, viewers, playing, starting, stalled, stalls, latency, errors } = sample
  const fields = [
    `${Math.round(at)}/${seconds} s`,
    `${playing} of ${viewers} playing`,
    `${starting} starting`,
    `${stalled} stalled (${stalls} times)`,
    `${figure(megabits)} Mbit/s`,
    `${figure(latency)} s behind live`,
    `${errors} errors`
  ]
  return fields.join(' · ')
}

/** All viewers are there after a third of the time, so that the rest shows how they are kept. */
function plansOf(options: BenchOptions): readonly Plan[] {
  const viewers = countOf('viewers', options.viewers ?? 50, 100_000)
  const seconds = countOf('seconds', options.seconds ?? 60, 86_400)
  const entrances = [entranceOf('target', options.target)]
  if (options.compare !== undefined) entrances.push(entranceOf('compare', options.compare))
  return entrances.map((entrance) => ({ entrance, viewers, seconds, ramp: seconds / 3, churn: 0.1 }))
}

function countOf(name: string, value: number | string, most: number): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1 && count <= most) return count
  throw new OptionError(name, value, `a whole number from 1 to ${most}`)
}

/** An Owncast server's playlist is where all of them have it (owncast.md §3.1). */
function entranceOf(name: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new OptionError(name, value, 'an address such as https://live.example.com')
  }
  return url.pathname.endsWith('.m3u8') ? url.href : new URL('/hls/stream.m3u8', url).href
}
