import { type Configuration, SettingError } from './config.ts'
import type { Owncast } from './demo/owncast.ts'
import { type Edge, startEdge } from './edge.ts'
import type { Notice } from './log/chronicle.ts'
import { openFilesWarning } from './open-files.ts'
import { planReload, sayReload } from './reload.ts'
import type { Settings } from './settings.ts'
import { shownSettings } from './show-config.ts'

/**
 * Runs the edge until it is told to stop: SIGTERM and SIGINT finish what is being sent, SIGHUP reads the settings again.
 * @param read reads the settings anew
 */
export async function run(read: () => Configuration, version: string): Promise<void> {
  const warning = openFilesWarning()
  if (warning !== undefined) console.error(`owncast-edge: ${warning}`)
  let configuration = read()
  const { settings } = configuration
  const demo = settings.origin === undefined ? await startDemo() : undefined
  const origin = settings.origin ?? new URL(demo?.address ?? '')
  const edge = await startEdge(settings, origin, version).catch(async (error: unknown) => {
    await demo?.close()
    throw error
  })
  edge.follow(log)
  edge.show(shownSettings(configuration))
  // An access log on standard output has that for itself.
  const isLogOnOutput = settings.accessLog !== 'off' && settings.accessLogFile === undefined
  const print = isLogOnOutput ? console.error : console.log
  print(announcement(edge, origin, version, settings))
  process.on('SIGHUP', () => {
    configuration = reload(edge, configuration, read)
  })
  const stop = async (): Promise<void> => {
    say('finishing what is being sent …')
    await edge.close()
    await demo?.close()
    say('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
  // Node goes on to print the stack and ends with code 1: what state this is in nobody knows, and a new start costs a segment.
  process.on('uncaughtExceptionMonitor', (error) => say(`crashed: ${error.message}`))
}

/** A stream that is live at once; loaded only here, because no real edge needs it. */
async function startDemo(): Promise<Owncast> {
  const { startOwncast } = await import('./demo/owncast.ts')
  return startOwncast({ startupGap: 0, onlineDelay: 0 })
}

/** Puts into force what can be; where the new settings are not usable, everything stays as it is. */
function reload(edge: Edge, before: Configuration, read: () => Configuration): Configuration {
  try {
    const plan = planReload(before, read())
    edge.reload(plan.configuration.settings)
    edge.show(shownSettings(plan.configuration))
    for (const line of sayReload(plan)) say(line)
    return plan.configuration
  } catch (error) {
    if (!(error instanceof SettingError)) throw error
    say(`settings read again: everything stays as it was: ${error.message}`)
    return before
  }
}

function say(text: string): void {
  console.error(`${new Date().toISOString()} ${text}`)
}

function log({ at, what, text }: Notice): void {
  console.error(`${new Date(at).toISOString()} ${what}: ${text}`)
}

function announcement(edge: Edge, origin: URL, version: string, settings: Settings): string {
  const demo = settings.origin === undefined ? ' (a demo stream; name your own server with --origin)' : ''
  const address = publicAddress(edge, settings)
  // Where an origin that is no Owncast has its pages and playlists, it alone knows.
  const lines =
    settings.profile === 'generic'
      ? [`  serves     ${address}/`]
      : [`  watch      ${address}/`, `  player     ${address}/hls/stream.m3u8`]
  return [
    `owncast-edge ${version} in front of ${origin.origin}${demo}`,
    ...lines,
    `  dashboard  ${edge.adminAddress}/`,
    `  metrics    ${edge.adminAddress}/metrics`
  ].join('\n')
}

/** By name where there is one: no certificate is for an address. */
function publicAddress({ address }: Edge, { domain: [name] }: Settings): string {
  if (name === undefined) return address
  const url = new URL(address)
  url.hostname = name
  return url.origin
}
