import type { Seconds } from '../../src/cache.ts'
import type { Contender } from './contender.ts'
import type { Results } from './in-turn.ts'
import { type Cost, Measurement, type Pressure } from './measure.ts'
import type { OriginServer } from './origin-server.ts'
import type { Options } from './question.ts'
import { isAble, type Setting, type Stand, stand } from './stand.ts'

/** What was measured under each pressure, by their names. */
export type Costs<Name extends string> = Readonly<Record<Name, Cost>>

/** Short, because a machine's own pace may change by a third within seconds; and no server takes it for idle meanwhile. */
const sliceLength: Seconds = 0.5
const slices = 10
/** So many slices do not count at most. */
const mostWarmUp = 30
/** What runs in V8 is compiled after it has run so often. */
const enoughAnswers = 8000

/**
 * Has all contenders stand at the same time, in each round as fresh processes, and puts each under every pressure in
 * short slices, one contender after the other: what changes on the machine meanwhile changes for all of them. A
 * contender that fails is left out.
 */
export async function sideBySide<Name extends string>(
  options: Options,
  setting: Setting<OriginServer>,
  pressures: Readonly<Record<Name, Pressure>>
): Promise<Results<Costs<Name>>> {
  let rounds: Map<Contender, Costs<Name>[]> = new Map(
    options.contenders.filter((contender) => isAble(contender, setting)).map((contender) => [contender, []])
  )
  for (let number = 1; number <= options.rounds; number++) {
    const company = new Company(options)
    try {
      for (const contender of rounds.keys()) await company.add(contender, setting)
      for (const [name, pressure] of Object.entries<Pressure>(pressures)) {
        options.say(
          `round ${number} of ${options.rounds}: ${name}${setting.tls === undefined ? '' : ' over TLS'}`
        )
        await company.measure(name, pressure)
      }
      rounds = new Map(
        company.costs.map(([contender, costs]) => [
          contender,
          [...rounds.get(contender)!, costs as Costs<Name>]
        ])
      )
    } finally {
      await company.stop()
    }
  }
  return new Map([...rounds].map(([{ name }, costs]) => [name, costs]))
}

interface Member extends Stand {
  readonly costs: Record<string, Cost>
}

/** Contenders that stand at the same time. Whoever fails in anything leaves. */
class Company {
  readonly #options: Options
  readonly #members = new Map<Contender, Member>()

  constructor(options: Options) {
    this.#options = options
  }

  get costs(): (readonly [Contender, Readonly<Record<string, Cost>>])[] {
    return [...this.#members].map(([contender, { costs }]) => [contender, costs])
  }

  add(contender: Contender, setting: Setting<OriginServer>): Promise<void> {
    return this.#attempt(contender, async () => {
      this.#members.set(contender, { ...(await stand(contender, setting)), costs: {} })
    })
  }

  async measure(name: string, pressure: Pressure): Promise<void> {
    const { quick } = this.#options
    const [least, most, count] = quick ? [1, 1, 2] : [pressure.warmUp, mostWarmUp, slices]
    const measurements = new Map(
      [...this.#members].map(([contender, { turn }]) => [contender, new Measurement(turn, pressure)])
    )
    const each = async (step: (measurement: Measurement) => Promise<void>): Promise<void> => {
      for (const contender of [...this.#members.keys()])
        await this.#attempt(contender, () => step(measurements.get(contender)!))
    }
    await each((measurement) => measurement.open())
    const isCold = (): boolean =>
      [...this.#members.keys()].some((contender) => measurements.get(contender)!.warmedUp < enoughAnswers)
    for (let slice = 0; slice < least || (slice < most && isCold()); slice++)
      await each((measurement) => measurement.warmUp(sliceLength))
    for (let slice = 0; slice < count; slice++) await each((measurement) => measurement.slice(sliceLength))
    for (const [contender, { costs }] of this.#members)
      costs[name] = await measurements.get(contender)!.cost()
  }

  async stop(): Promise<void> {
    for (const { stop } of this.#members.values()) await stop()
  }

  async #attempt(contender: Contender, step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      this.#options.leaveOut(contender.name, (error as Error).message)
      const member = this.#members.get(contender)
      this.#members.delete(contender)
      await member?.stop()
    }
  }
}
