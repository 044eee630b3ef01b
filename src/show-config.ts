import type { Configuration } from './config.ts'
import { shownText } from './reload.ts'

/** A setting as it is shown to operators. */
export interface ShownSetting {
  readonly value: string
  readonly from: string
  /** Whether SIGHUP changes it. */
  readonly reloads: boolean
}

/** The settings in force by their names, without secrets. */
export function shownSettings({ inForce }: Configuration): Record<string, ShownSetting> {
  return Object.fromEntries(
    inForce.map((one) => {
      const { setting, from } = one
      return [setting.name, { value: shownText(one), from, reloads: setting.reloads }]
    })
  )
}

/** The same as a table for a terminal. */
export function configTable(configuration: Configuration): string {
  const rows = Object.entries(shownSettings(configuration)).map(([name, { value, from, reloads }]) => [
    name,
    value,
    from,
    reloads ? 'at once' : 'with a restart'
  ])
  const head = ['setting', 'value', 'comes from', 'SIGHUP changes it']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}
