#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { readSettings, SettingError } from './config.ts'
import { startOwncast } from './demo/owncast.ts'
import { type Edge, startEdge } from './edge.ts'
import { openFilesWarning } from './open-files.ts'
import type { Settings } from './settings.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

try {
  const settings = readSettings(process.argv.slice(2), process.env, version)
  if (settings !== undefined) await run(settings)
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  console.error(`owncast-edge: ${error.message}`)
  console.error('owncast-edge: see owncast-edge --help')
  process.exit(2)
}

async function run(settings: Settings): Promise<void> {
  const warning = openFilesWarning()
  if (warning !== undefined) console.error(`owncast-edge: ${warning}`)
  const demo =
    settings.origin === undefined ? await startOwncast({ startupGap: 0, onlineDelay: 0 }) : undefined
  const origin = settings.origin ?? new URL(demo?.address ?? '')
  const edge = await startEdge(settings, origin, version).catch(async (error: unknown) => {
    await demo?.close()
    throw error
  })
  announce(edge, origin, demo !== undefined)
  const stop = async (): Promise<void> => {
    console.log('owncast-edge: finishing what is being sent …')
    await edge.close()
    await demo?.close()
    console.log('owncast-edge: stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
}

function announce(edge: Edge, origin: URL, isDemo: boolean): void {
  console.log(
    `owncast-edge ${version} in front of ${origin.origin}${isDemo ? ' (a demo stream; name your own server with --origin)' : ''}`
  )
  console.log(`  watch    ${edge.address}/`)
  console.log(`  player   ${edge.address}/hls/stream.m3u8`)
  console.log(`  metrics  ${edge.adminAddress}/metrics`)
}
