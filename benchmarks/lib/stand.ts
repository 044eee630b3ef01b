import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import type { Address } from './connection.ts'
import type { Ability, Contender, Origin, Standing } from './contender.ts'
import { type Core, cores } from './cores.ts'
import { LoadGenerator } from './load-generator.ts'
import type { OriginServer } from './origin-server.ts'

/** What the contenders of a question are to be able to do, and what they stand before. */
export interface Setting<Behind extends Origin> {
  readonly abilities?: readonly Ability[]
  readonly startOrigin: (core: Core) => Promise<Behind>
  /** In megabytes; 256 by default. */
  readonly cacheSize?: number
  readonly tls?: 'tls'
  readonly nodeFlags?: readonly string[]
}

/** A contender, what stands behind it, and what puts it under load. */
export interface Turn<Behind extends Origin = OriginServer> {
  readonly contender: Contender
  readonly standing: Standing
  readonly address: Address
  readonly origin: Behind
  readonly load: LoadGenerator
}

/** A contender that stands, with what belongs to it. */
export interface Stand<Behind extends Origin = OriginServer> {
  readonly turn: Turn<Behind>
  readonly stop: () => Promise<void>
}

/** Whether a contender can do what is asked for. */
export function isAble({ abilities }: Contender, setting: Setting<Origin>): boolean {
  return (setting.abilities ?? []).every((ability) => abilities.includes(ability))
}

/** Starts a contender before an origin of its own, and a load for it. Whatever was started is stopped by `stop`. */
export async function stand<Behind extends Origin>(
  contender: Contender,
  setting: Setting<Behind>
): Promise<Stand<Behind>> {
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
  const stop = async (): Promise<void> => {
    for (const part of opened.reverse()) await part.stop()
    process.removeListener('exit', remove)
    remove()
  }
  try {
    const tls = setting.tls === undefined ? undefined : makeCertificate(folder)
    const isOrigin = contender.abilities.includes('origin')
    const origin = keep(await setting.startOrigin(isOrigin ? place.server : place.origin))
    const standing = keep(
      await contender.start({ origin, core: place.server, folder, cacheSize, tls, nodeFlags })
    )
    const load = keep(new LoadGenerator(place.load))
    const address = { port: standing.port, isTls: tls !== undefined }
    return { turn: { contender, standing, address, origin, load }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
