import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parse as parseYaml } from 'yaml'
import type { Setting } from './setting.ts'
import { settings } from './setting-table.ts'
import { readSwitch } from './setting-values.ts'
import type { Settings } from './settings.ts'
import { tlsFault, withPortsOfDomain } from './settings-tls.ts'

/** A setting that cannot be used: names it, its value and what was expected. */
export class SettingError extends Error {}

/** What the flags said, by the settings' names in camel case. */
export type Flags = Readonly<Record<string, string | true | undefined>>

/** A setting in force. */
export interface InForce {
  readonly setting: Setting
  /** As it was written; undefined where it is not set. */
  readonly text: string | undefined
  /** Such as `--port`, `EDGE_PORT`, `port in /etc/edge.yaml` or `default`. */
  readonly from: string
}

/** All settings, with where each comes from. */
export interface Configuration {
  readonly settings: Settings
  readonly inForce: readonly InForce[]
}

const variableOf = (name: string): string => `EDGE_${name.toUpperCase().replaceAll('-', '_')}`
/** The name of a setting in Settings and in files. */
export const keyOf = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/**
 * The settings of a plain run, from a command line without the program's name and without a sub-command.
 * @returns undefined where --help or --version was asked for and has been answered
 * @throws SettingError
 */
export function readSettings(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  version: string
): Settings | undefined {
  const command = withSettings(new Command('owncast-edge').version(version))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    return answered(error)
  }
  return configure(command.opts<Flags>(), environment).settings
}

/** Nothing where commander has said all there is to say, such as its help. @throws SettingError for what it cannot use */
export function answered(error: unknown): undefined {
  if (!(error instanceof CommanderError)) throw error
  if (error.exitCode !== 0) throw new SettingError(error.message.replace(/^error: /, ''))
  return undefined
}

/** Gives a command the flags of all settings. */
export function withSettings(command: Command): Command {
  command.addOption(new Option('--config <FILE>', 'read settings from a JSON or YAML file ($EDGE_CONFIG)'))
  for (const { name, value, default: usual, says, read, group } of settings) {
    const notes = [usual ? `default ${usual}` : '', `$${variableOf(name)}`].filter(Boolean).join(', ')
    const placeholder = read === readSwitch ? `[${value}]` : `<${value}>`
    command.addOption(new Option(`--${name} ${placeholder}`, `${says} (${notes})`).helpGroup(`${group}:`))
  }
  return command
}

/**
 * The settings in force, from flags, then `EDGE_…` variables, then the file named by --config, then defaults.
 * @throws SettingError
 */
export function configure(flags: Flags, environment: NodeJS.ProcessEnv): Configuration {
  const path = (flags.config as string | undefined) ?? environment.EDGE_CONFIG
  const file = readFile(path)
  const inForce = withPortsOfDomain(settings.map((setting) => find(setting, flags, environment, file, path)))
  const values = inForce.map((one) => [keyOf(one.setting.name), readValue(one)])
  const configuration = { settings: Object.fromEntries(values) as Settings, inForce }
  checkTogether(configuration.settings)
  return configuration
}

/** Settings that only fit with each other. @throws SettingError */
export function checkTogether(settings: Settings): void {
  const fault = tlsFault(settings)
  if (fault !== undefined) throw new SettingError(fault)
  if (settings.proxyProtocol && settings.trustProxy.length === 0)
    throw new SettingError('--proxy-protocol: "on" is not usable: who speaks it is named by --trust-proxy')
  const { adminHost, adminToken, profile, origin, storage } = settings
  if (profile === 'generic' && origin === undefined)
    throw new SettingError('--profile: "generic" is not usable: it needs an --origin')
  if (profile === 'generic' && storage !== undefined)
    throw new SettingError('--storage: is not usable with --profile generic: name the bucket as --origin')
  if (adminToken !== undefined || isLoopback(adminHost)) return
  throw new SettingError(
    `--admin-host: "${adminHost}" is not usable: others than this machine can reach it, which needs --admin-token`
  )
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost'
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8, 'ipv4')
  loopback.addAddress('::1', 'ipv6')
  return loopback.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

function find(
  setting: Setting,
  flags: Flags,
  environment: NodeJS.ProcessEnv,
  file: Record<string, unknown>,
  path = ''
): InForce {
  const { name } = setting
  const flag = flags[keyOf(name)]
  if (flag !== undefined) return { setting, text: flag === true ? 'on' : flag, from: `--${name}` }
  const variable = environment[variableOf(name)]
  if (variable !== undefined) return { setting, text: variable, from: variableOf(name) }
  const written = file[name] ?? file[keyOf(name)]
  if (written === undefined || written === null) return { setting, text: setting.default, from: 'default' }
  const text = Array.isArray(written) ? written.join(',') : String(written)
  return { setting, text, from: `${name} in ${path}` }
}

function readValue({ setting, text, from }: InForce): unknown {
  if (text === undefined) return undefined
  try {
    return setting.read(text)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    const value = setting.isSecret ? 'its value' : `"${text}"`
    throw new SettingError(`${from}: ${value} is not usable: expected ${error.message}`)
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
