import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setInterval } from 'node:timers/promises'
import { type Bytes, type Clock, type Milliseconds, type Seconds, systemClock } from '../cache.ts'
import { Audience, type Plan, patience, type Sample, type Visit } from './audience.ts'
import { median, percentile } from './statistics.ts'

/** How an audience fared. Shares are from 0 to 1. */
export interface Summary {
  /** How many came in all. */
  readonly visits: number
  /** The most viewers that played at once before anybody stalled or waited ten seconds for a picture. */
  readonly smooth: number
  /** The share of visits that had a picture and no stall. */
  readonly undisturbed: number
  readonly stalls: number
  /** Time stalled or waiting for the first picture, over all time spent. */
  readonly waiting: number
  readonly startup: { readonly median: Milliseconds; readonly p99: Milliseconds }
  /** Visits of ten seconds or more without a picture. */
  readonly unserved: number
  readonly jumps: number
  readonly latency: { readonly median: Seconds; readonly max: Seconds }
  readonly bytes: Bytes
  readonly playlists: number
  readonly segments: number
  readonly errors: Readonly<Record<string, number>>
  /** How late this process itself was (99th percentile): above some tens of milliseconds the figures are its own. */
  readonly lag: Milliseconds
}

export interface Outcome {
  readonly plan: Plan
  readonly samples: readonly Sample[]
  readonly summary: Summary
}

/**
 * Lets an audience watch, once, and says how it fared.
 * @param observe called with each second's sample
 * @param signal ends the run early; what was seen until then is returned
 */
export async function run(
  plan: Plan,
  observe: (sample: Sample) => void,
  signal?: AbortSignal,
  clock: Clock = systemClock
): Promise<Outcome> {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const audience = new Audience(plan, clock)
  const beganAt = clock.now()
  const samples: Sample[] = []
  for await (const _ of setInterval(50)) {
    if (clock.now() - beganAt >= plan.seconds * 1000 || signal?.aborted === true) break
    audience.step()
    if (clock.now() - beganAt >= samples.length * 1000) {
      samples.push(audience.sample())
      observe(samples.at(-1)!)
    }
  }
  samples.push(audience.sample())
  const visits = audience.close()
  delay.disable()
  // The histogram's values include the interval it measures at.
  const lag = Math.max(0, delay.percentile(99) / 1e6 - 10)
  return { plan, samples, summary: { ...summarize(visits, samples), ...totals(audience), lag } }
}

function totals({ tally }: Audience): Pick<Summary, 'bytes' | 'playlists' | 'segments' | 'errors'> {
  const { bytes, playlists, segments, errors } = tally
  return { bytes, playlists, segments, errors: Object.fromEntries(errors) }
}

/** What the visits and the samples of a run come to. */
export function summarize(
  visits: readonly Visit[],
  samples: readonly Sample[]
): Omit<Summary, 'bytes' | 'playlists' | 'segments' | 'errors' | 'lag'> {
  const startups = visits.map(({ startup }) => startup).filter((startup) => startup !== undefined)
  const latencies = samples.map(({ latency }) => latency).filter((latency) => latency !== undefined)
  const stayed = total(visits, ({ stayed }) => stayed)
  return {
    visits: visits.length,
    smooth: smoothViewers(samples),
    undisturbed:
      visits.filter(({ startup, stalls }) => startup !== undefined && stalls === 0).length / visits.length,
    stalls: total(visits, ({ stalls }) => stalls),
    waiting: total(visits, ({ startup, stayed, stalledFor }) => (startup ?? stayed) + stalledFor) / stayed,
    startup: { median: median(startups), p99: percentile(startups, 0.99) },
    unserved: visits.filter(({ startup, stayed }) => startup === undefined && stayed >= patience).length,
    jumps: total(visits, ({ jumps }) => jumps),
    latency: { median: median(latencies), max: percentile(latencies, 1) }
  }
}

function smoothViewers(samples: readonly Sample[]): number {
  const firstStall = samples.findIndex(({ stalls, overdue }) => stalls > 0 || overdue > 0)
  const before = firstStall < 0 ? samples : samples.slice(0, firstStall)
  return Math.max(0, ...before.map(({ playing }) => playing))
}

function total(visits: readonly Visit[], of: (visit: Visit) => number): number {
  return visits.reduce((sum, visit) => sum + of(visit), 0)
}
