import type { Contender, Origin } from './contender.ts'
import type { Options } from './question.ts'
import { isAble, type Setting, stand, type Turn } from './stand.ts'

/** Name of a contender → what was measured in each round, in their order. */
export type Results<Measured> = Map<string, Measured[]>

/**
 * Has each contender measured once a round, always in the same order, each time before a fresh origin and as a fresh
 * process, with nobody else standing. A contender that fails is left out.
 */
export async function inTurn<Measured, Behind extends Origin>(
  options: Options,
  setting: Setting<Behind>,
  measure: (turn: Turn<Behind>) => Promise<Measured>
): Promise<Results<Measured>> {
  const results: Results<Measured> = new Map()
  const able = options.contenders.filter((contender) => isAble(contender, setting))
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
  const { turn, stop } = await stand(contender, setting)
  try {
    return await measure(turn)
  } finally {
    await stop()
  }
}
