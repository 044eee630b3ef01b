import { Command } from 'commander'
import type { BenchOptions } from './bench/command.ts'
import type { CheckOptions } from './check/command.ts'
import { type Flags, withSettings } from './config.ts'
import { readOrigin, readTime } from './setting-values.ts'

/** What the program can do. */
export interface Commands {
  run(flags: Flags): Promise<void>
  check(options: CheckOptions): Promise<void>
  config(flags: Flags): Promise<void>
  bench(options: BenchOptions): Promise<void>
}

const examples = `
Examples:
  owncast-edge                                        a demo stream, to look around
  owncast-edge --origin http://192.168.1.10:8080      in front of your Owncast
  owncast-edge check --origin http://192.168.1.10:8080
  owncast-edge bench --target http://edge.example:8080 --viewers 100 --seconds 60
  owncast-edge config --config edge.yaml              what is in force, and why

Settings come from flags, then variables, then the file named by --config.
SIGHUP reads them again; SIGTERM finishes what is being sent and stops.`

/** The command line: a plain run, and sub-commands. Parsing rejects with commander's errors and never exits. */
export function commandLine(version: string, commands: Commands): Command {
  const program = withSettings(base(new Command('owncast-edge')))
    .description('An edge cache for live HLS in front of an Owncast server.')
    .usage('[command] [options]')
    .version(version, '--version', 'print the version')
    .enablePositionalOptions()
    .addHelpText('after', examples)
    .action((flags: Flags) => commands.run(flags))
  const add = (name: string, says: string): Command => base(program.command(name)).description(says)
  add('check', 'look at an origin as a doctor would, and say what was found')
    .requiredOption('--origin <URL>', 'the Owncast server to look at', readOrigin)
    .option('--timeout <TIME>', 'how long each step may take (default 10s)', readTime)
    .action((options: CheckOptions) => commands.check(options))
  withSettings(add('config', 'print the settings in force and where each comes from')).action(
    (flags: Flags) => commands.config(flags)
  )
  add('bench', 'let simulated viewers watch a stream and write a report of how they fare')
    .requiredOption('--target <URL>', 'the server to watch, or its playlist')
    .option('--compare <URL>', 'another server, watched by as many after the first')
    .option('--viewers <COUNT>', 'how many (default 50)')
    .option('--seconds <COUNT>', 'for how long (default 60)')
    .option('--report <FILE>', 'where the report goes (default owncast-edge-bench.html)')
    .action((options: BenchOptions) => commands.bench(options))
  return program
}

function base(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({ helpWidth: Math.min(process.stdout.columns || 100, 110) })
    .allowExcessArguments(false)
}
