import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Sample } from './audience.ts'
import { compare } from './compare.ts'
import type { Outcome } from './run.ts'

/** The chart library's own files, to be written into the report. */
export interface ChartAssets {
  readonly script: string
  readonly style: string
}

/** uPlot, as installed with the program. */
export function chartAssets(): ChartAssets {
  const { resolve } = createRequire(import.meta.url)
  const read = (name: string): string => readFileSync(resolve(`uplot/dist/${name}`), 'utf8')
  return { script: read('uPlot.iife.min.js'), style: read('uPlot.min.css') }
}

/** One HTML page with table and charts that needs no other file and no network. */
export function report(outcomes: readonly Outcome[], { script, style }: ChartAssets, at: Date): string {
  const { viewers = 0, seconds = 0 } = outcomes[0]?.plan ?? {}
  const contents: Record<string, string> = {
    viewers: String(viewers),
    subtitle: `owncast-edge bench, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${seconds} seconds each`,
    table: tableOf(outcomes),
    runs: outcomes.map((outcome) => JSON.stringify(seriesOf(outcome)).replaceAll('<', '\\u003c')).join(),
    'chart-script': script.replaceAll('</script', '<\\/script'),
    'chart-style': style
  }
  const page = readFileSync(new URL('report.html', import.meta.url), 'utf8')
  // The page's gaps are comments, so that it is a page without them, too.
  return page.replace(/(?:<!--|\/\*)([\w-]+)(?:-->|\*\/)/g, (gap, name: string) => contents[name] ?? gap)
}

function tableOf(outcomes: readonly Outcome[]): string {
  const heads = outcomes.map(({ plan }) => `<th>${escapeHtml(nameOf(plan.entrance))}</th>`).join('')
  const rows = compare(outcomes).map(({ name, values }) => {
    return `<tr><th>${escapeHtml(name)}</th>${values.map((value) => `<td>${escapeHtml(value)}</td>`).join('')}</tr>`
  })
  return `<table><thead><tr><th></th>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** The server where the playlist is where every Owncast has it. */
function nameOf(entrance: string): string {
  return entrance.replace(/\/hls\/stream\.m3u8$/, '')
}

/** What the page draws, second by second. */
function seriesOf({ plan, samples }: Outcome): Record<string, unknown> {
  return {
    name: new URL(plan.entrance).host,
    at: samples.map(({ at }) => at),
    playing: samples.map(({ playing }) => playing),
    waiting: samples.map(({ starting, stalled }) => starting + stalled),
    latency: samples.map(({ latency }) => latency ?? null),
    megabits: samples.map((sample, index) => megabitsSince(samples[index - 1], sample))
  }
}

/** The rate between two samples, in Mbit/s. */
export function megabitsSince(before: Sample | undefined, sample: Sample): number {
  if (before === undefined || sample.at <= before.at) return 0
  return ((sample.bytes - before.bytes) * 8) / 1e6 / (sample.at - before.at)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
