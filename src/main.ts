#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { bench } from './bench/command.ts'
import { check } from './check/command.ts'
import { commandLine } from './cli.ts'
import { answered, configure, SettingError } from './config.ts'
import { run } from './run.ts'
import { configTable } from './show-config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = commandLine(version, {
  run: (flags) => run(() => configure(flags, process.env), version),
  check: async (options) => {
    process.exitCode = await check(options)
  },
  config: async (flags) => console.log(configTable(configure(flags, process.env))),
  bench: async (options) => {
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
