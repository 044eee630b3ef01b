#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { commandLine } from './cli.ts'
import { answered, configure, SettingError } from './config.ts'
import { run } from './run.ts'
import { configTable } from './show-config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

// What a run does not need is loaded only when it is asked for: it would take memory from the cache.
// Whoever pipes into head has seen enough.
process.stdout.on('error', () => {})

const program = commandLine(version, {
  run: (flags) => run(() => configure(flags, process.env), version),
  check: async (options) => {
    const { check } = await import('./check/command.ts')
    process.exitCode = await check(options)
  },
  config: async (flags) => console.log(configTable(configure(flags, process.env))),
  bench: async (options) => {
    const { bench } = await import('./bench/command.ts')
    process.exitCode = await bench(options)
  }
})

try {
  await program.parseAsync().catch(answered)
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  console.error(`owncast-edge: ${error.message}`)
  console.error('owncast-edge: see owncast-edge --help')
  process.exit(2)
}
