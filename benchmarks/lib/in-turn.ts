import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import type { Ability, Contender, Origin, Standing } from './contender.ts'
import { type Core, cores } from './cores.ts'
import { LoadGenerator } from './load-generator.ts'
import type { OriginServer } from './origin-server.ts'
import type { Options } from './question.ts'

/** What the contenders of a question are to be able to do, and what they stand before. */
export interface Setting<Behind extends Origin> {
  readonly abilities?: readonly Ability[]
  readonly startOrigin: (core: Core) => Promise<Behind>
  /** In megabytes; 256 by default. */
  readonly cacheSize?: number
  readonly tls?: 'tls'
  readonly nodeFlags?: readonly string[]
}

/** One contender's turn. */
export interface Turn<Behind extends Origin = OriginServer> {
  readonly contender: Contender
  readonly standing: Standing
  readonly origin: Behind
  readonly load: LoadGenerator
}

/** Name of a contender → what was measured in each round, in their order. */
export type Results<Measured> = Map<string, Measured[]>

/**
 * Has each contender measured once a round, always in the same order, each time before a fresh origin and as a fresh
 * process, so that what changes on the machine meanwhile changes for all of them. A contender that fails is left out.
 */
export async function inTurn<Measured, Behind extends Origin>(
  options: Options,
  setting: Setting<Behind>,
  measure: (turn: Turn<Behind>) => Promise<Measured>
): Promise<Results<Measured>> {
  const results: Results<Measured> = new Map()
  const able = options.contenders.filter(({ abilities }) =>
    (setting.abilities ?? []).every((ability) => abilities.includes(ability))
  )
  const failed = new Set<Contender>()
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of able.filter((one) => !failed.has(one))) {
      options.say(
        `round ${round} of ${options.rounds}: ${contender.name}${setting.tls === undefined ? '' : ' over TLS'}`
      )
      try {
        const measured = await takeTurn(contender, setting, measure)
        results.set(contender.name, [...(results.get(contender.name) ?? []), measured])
      } catch (error) {
        options.leaveOut(contender.name, (error as Error).message)
        failed.add(contender)
        results.delete(contender.name)
      }
    }
  }
  return results
}

async function takeTurn<Measured, Behind extends Origin>(
  contender: Contender,
  setting: Setting<Behind>,
  measure: (turn: Turn<Behind>) => Promise<Measured>
): Promise<Measured> {
  const { cacheSize = 256, nodeFlags = [] } = setting
  const place = cores()
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'owncast-edge-bench-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const opened: { stop(): Promise<void> }[] = []
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    opened.push(part)
    return part
  }
  try {
    const tls = setting.tls === undefined ? undefined : makeCertificate(folder)
    const isOrigin = contender.abilities.includes('origin')
    const origin = keep(await setting.startOrigin(isOrigin ? place.server : place.origin))
    const standing = keep(
      await contender.start({ origin, core: place.server, folder, cacheSize, tls, nodeFlags })
    )
    const load = keep(new LoadGenerator(place.load))
    return await measure({ contender, standing, origin, load })
  } finally {
    for (const part of opened.reverse()) await part.stop()
    process.removeListener('exit', remove)
    remove()
  }
}
