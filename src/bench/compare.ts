import type { Outcome, Summary } from './run.ts'
import { figure } from './table.ts'

/** One line of the comparison: what was measured, and how each target fared. */
export interface Measure {
  readonly name: string
  readonly values: readonly string[]
}

const percent = (share: number): string => `${figure(share * 100)} %`
const seconds = (milliseconds: number): string => `${figure(milliseconds / 1000)} s`

const measures: readonly (readonly [string, (summary: Summary, outcome: Outcome) => string])[] = [
  ['viewers at once, until the first stall', ({ smooth }, { plan }) => `${smooth} of ${plan.viewers}`],
  ['visits without a stall', ({ undisturbed, visits }) => `${percent(undisturbed)} of ${visits}`],
  ['stalls', ({ stalls }) => String(stalls)],
  ['time spent waiting', ({ waiting }) => percent(waiting)],
  ['no picture within 10 s', ({ unserved }) => String(unserved)],
  ['first picture after, median', ({ startup }) => seconds(startup.median)],
  ['first picture after, p99', ({ startup }) => seconds(startup.p99)],
  ['behind live, median', ({ latency }) => `${figure(latency.median)} s`],
  ['behind live, at most', ({ latency }) => `${figure(latency.max)} s`],
  ['media missed', ({ jumps }) => String(jumps)],
  [
    'sent',
    ({ bytes }, { samples }) =>
      `${figure(bytes / 1e6)} MB, ${figure((bytes * 8) / 1e6 / duration(samples))} Mbit/s`
  ],
  ['playlists and segments', ({ playlists, segments }) => `${playlists} and ${segments}`],
  ['errors', ({ errors }) => describeErrors(errors)],
  ['lateness of the measurement itself, p99', ({ lag }) => `${figure(lag)} ms`]
]

/** Sets outcomes side by side, one measure a line, in words and figures. */
export function compare(outcomes: readonly Outcome[]): readonly Measure[] {
  return measures.map(([name, of]) => ({
    name,
    values: outcomes.map((outcome) => of(outcome.summary, outcome))
  }))
}

function duration(samples: Outcome['samples']): number {
  return Math.max(1, samples.at(-1)?.at ?? 1)
}

function describeErrors(errors: Summary['errors']): string {
  const names = Object.entries(errors).map(([name, count]) => `${count} × ${name}`)
  return names.length === 0 ? 'none' : names.join(', ')
}
