import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Certificate } from './certificate.ts'
import type { Core } from './cores.ts'

/** What stands behind the contenders. */
export interface Origin {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** Where a contender is to stand: before which origin, on which core, with how much memory. */
export interface Stage {
  readonly origin: Origin
  readonly core: Core
  /** Its own folder, in memory, which is removed afterwards. */
  readonly folder: string
  /** In megabytes. */
  readonly cacheSize: number
  /** Undefined for plain HTTP. */
  readonly tls: Certificate | undefined
  /** For programs that run in Node. */
  readonly nodeFlags: readonly string[]
}

/** A contender that answers. */
export interface Standing {
  readonly port: number
  readonly pid: number
  output(): string
  stop(): Promise<void>
}

/** What a contender is able to do beyond serving what an origin has. */
export type Ability = 'cache' | 'tls' | 'tunnel' | 'node' | 'origin'

/** A server to be measured: configured for Owncast by someone who knows it. */
export interface Contender {
  readonly name: string
  readonly abilities: readonly Ability[]
  /** Why it cannot take part on this machine; undefined where it can. */
  missing(): string | undefined
  start(stage: Stage): Promise<Standing>
}

/** Where the configurations are, also for the compiled program, which runs in the project's folder. */
const templates = resolve('benchmarks/contenders')

/**
 * Writes a configuration file into the stage's folder: the template of that name with its `{{gaps}}` filled.
 * @returns the path of the file
 */
export function configure(
  stage: Stage,
  template: string,
  gaps: Readonly<Record<string, string | number>>
): string {
  const text = readFileSync(join(templates, template), 'utf8')
  const filled = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = gaps[name]
    if (value === undefined) throw new Error(`${template} has a gap for "${name}"`)
    return String(value)
  })
  const path = join(stage.folder, template.split('/').at(-1)!)
  mkdirSync(stage.folder, { recursive: true })
  writeFileSync(path, filled)
  return path
}
