import type { Configuration, InForce } from './config.ts'
import { checkTogether, keyOf } from './config.ts'
import type { Settings } from './settings.ts'

/** What becomes of settings that were read again while the edge runs. */
export interface Reload {
  /** What is in force afterwards. */
  readonly configuration: Configuration
  /** Settings that changed. */
  readonly changed: readonly InForce[]
  /** Settings that would have changed, but only do with a restart. */
  readonly waiting: readonly InForce[]
}

/** Takes of the settings read again those that can change without a restart. @throws SettingError where they do not fit */
export function planReload(before: Configuration, after: Configuration): Reload {
  const differing = after.inForce.filter((one, i) => one.text !== before.inForce[i]?.text)
  const changed = differing.filter(({ setting }) => setting.reloads)
  const waiting = differing.filter(({ setting }) => !setting.reloads)
  const inForce = after.inForce.map((one, i) => (one.setting.reloads ? one : (before.inForce[i] as InForce)))
  const merged = { ...before.settings } as Record<string, unknown>
  for (const { setting } of changed) {
    const key = keyOf(setting.name)
    merged[key] = after.settings[key as keyof Settings]
  }
  const settings = merged as unknown as Settings
  checkTogether(settings)
  return { configuration: { settings, inForce }, changed, waiting }
}

/** What happened, one line each. */
export function sayReload({ changed, waiting }: Reload): string[] {
  if (changed.length + waiting.length === 0) return ['settings read again: nothing has changed']
  return [
    ...changed.map((one) => `settings read again: ${one.setting.name} is ${shownText(one)} now`),
    ...waiting.map(
      (one) => `settings read again: ${one.setting.name} becomes ${shownText(one)} with a restart`
    )
  ]
}

/** A value as it may be shown to anybody. */
export function shownText({ setting, text }: InForce): string {
  if (text === undefined || text === '') return '(not set)'
  return setting.isSecret ? '(secret)' : text
}
