import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parse as parseYaml } from 'yaml'
import type { Bytes, Milliseconds } from './cache.ts'
import {
  readCount,
  readHost,
  readNetworks,
  readOrigin,
  readPort,
  readSize,
  readStorage,
  readSwitch,
  readTime
} from './setting-values.ts'

/** Everything an operator can set, checked. */
export interface Settings {
  readonly origin: URL | undefined
  /** The bucket that Owncast keeps its media in. */
  readonly storage: URL | undefined
  readonly host: string
  readonly port: number
  readonly adminHost: string
  readonly adminPort: number
  readonly cacheSize: Bytes
  readonly maxObjectSize: Bytes
  readonly trustProxy: readonly string[]
  readonly tellViewers: boolean
  readonly originConnections: number
  readonly connectTimeout: Milliseconds
  readonly originTimeout: Milliseconds
  readonly outage: Milliseconds
  readonly drainTimeout: Milliseconds
}

interface Setting {
  readonly name: string
  readonly value: string
  readonly default: string | undefined
  readonly says: string
  readonly read: (text: string) => unknown
}

/** A setting that cannot be used: names it, its value and what was expected. */
export class SettingError extends Error {}

/** The one table of settings: `--help`, the variables, the file's keys and the checks come from it. */
export const settings: readonly Setting[] = [
  {
    name: 'origin',
    value: 'URL',
    default: undefined,
    says: 'the Owncast server to stand in front of; without it a demo stream is served',
    read: readOrigin
  },
  {
    name: 'storage',
    value: 'URL',
    default: undefined,
    says: 'the bucket that Owncast keeps its video in, with its path, when it uses object storage',
    read: readStorage
  },
  {
    name: 'host',
    value: 'ADDRESS',
    default: '::',
    says: 'the address that viewers connect to',
    read: readHost
  },
  {
    name: 'port',
    value: 'PORT',
    default: '8080',
    says: 'the port that viewers connect to; 0 for any free one',
    read: readPort
  },
  {
    name: 'admin-host',
    value: 'ADDRESS',
    default: '127.0.0.1',
    says: 'the address of /health and /metrics',
    read: readHost
  },
  {
    name: 'admin-port',
    value: 'PORT',
    default: '9090',
    says: 'the port of /health and /metrics; 0 for any free one',
    read: readPort
  },
  {
    name: 'cache-size',
    value: 'SIZE',
    default: '256MB',
    says: 'memory for bodies: stored, arriving and being sent',
    read: readSize
  },
  {
    name: 'max-object-size',
    value: 'SIZE',
    default: '32MB',
    says: 'a larger response is passed through and not stored',
    read: readSize
  },
  {
    name: 'trust-proxy',
    value: 'LIST',
    default: '',
    says: 'addresses or CIDRs, with commas, of proxies in front whose X-Forwarded-For is believed',
    read: readNetworks
  },
  {
    name: 'tell-viewers',
    value: 'on|off',
    default: 'on',
    says: 'tell Owncast who watches here; off passes pings on, for an origin that is no Owncast',
    read: readSwitch
  },
  {
    name: 'origin-connections',
    value: 'COUNT',
    default: '32',
    says: 'connections to the origin for what may be stored',
    read: readCount
  },
  {
    name: 'connect-timeout',
    value: 'TIME',
    default: '5s',
    says: 'how long connecting to the origin may take',
    read: readTime
  },
  {
    name: 'origin-timeout',
    value: 'TIME',
    default: '15s',
    says: 'how long the origin may be silent within a request',
    read: readTime
  },
  {
    name: 'outage',
    value: 'TIME',
    default: '60s',
    says: 'how long a live stream goes on from here while the origin is away',
    read: readTime
  },
  {
    name: 'drain-timeout',
    value: 'TIME',
    default: '10s',
    says: 'how long responses under way may take after SIGTERM',
    read: readTime
  }
]

const variableOf = (name: string): string => `EDGE_${name.toUpperCase().replaceAll('-', '_')}`
const keyOf = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/**
 * The settings in force, from flags, then `EDGE_…` variables, then the file named by --config, then defaults.
 * @param argv the arguments after the program's name
 * @returns undefined where --help or --version was asked for and has been answered
 * @throws SettingError
 */
export function readSettings(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  version: string
): Settings | undefined {
  const command = commandFor(version)
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new SettingError(error.message.replace(/^error: /, ''))
  }
  const flags = command.opts<Record<string, string | undefined>>()
  const file = readFile(flags.config ?? environment.EDGE_CONFIG)
  const values: Record<string, unknown> = {}
  for (const setting of settings) {
    values[keyOf(setting.name)] = readSetting(setting, flags[keyOf(setting.name)], environment, file)
  }
  return values as unknown as Settings
}

function commandFor(version: string): Command {
  const command = new Command('owncast-edge')
    .description('An edge cache for live HLS in front of an Owncast server.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
    .addOption(new Option('--config <FILE>', 'read settings from a JSON or YAML file ($EDGE_CONFIG)'))
  for (const { name, value, default: usual, says } of settings) {
    const notes = [usual ? `default ${usual}` : '', `$${variableOf(name)}`].filter(Boolean).join(', ')
    command.addOption(new Option(`--${name} <${value}>`, `${says} (${notes})`))
  }
  return command
}

function readSetting(
  setting: Setting,
  flag: string | undefined,
  environment: NodeJS.ProcessEnv,
  file: Record<string, unknown>
): unknown {
  const variable = environment[variableOf(setting.name)]
  const written = file[setting.name] ?? file[keyOf(setting.name)]
  const [value, where] =
    flag !== undefined
      ? [flag, `--${setting.name}`]
      : variable !== undefined
        ? [variable, variableOf(setting.name)]
        : written !== undefined
          ? [
              Array.isArray(written) ? written.join(',') : String(written),
              `${setting.name} in the configuration file`
            ]
          : [setting.default, `--${setting.name}`]
  if (value === undefined) return undefined
  try {
    return setting.read(value)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new SettingError(`${where}: "${value}" is not usable: expected ${error.message}`)
  }
}

function readFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {}
  let content: unknown
  try {
    content = parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SettingError(`--config: "${path}" cannot be read: ${(error as Error).message}`)
  }
  if (content === null) return {}
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new SettingError(
      `--config: "${path}" is not usable: expected settings by name, such as "port: 8080"`
    )
  }
  const known = new Set(settings.flatMap(({ name }) => [name, keyOf(name)]))
  const unknown = Object.keys(content).find((key) => !known.has(key))
  if (unknown !== undefined) throw new SettingError(`--config: "${unknown}" in "${path}" is not a setting`)
  return content as Record<string, unknown>
}
