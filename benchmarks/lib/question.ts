import type { Contender } from './contender.ts'

export interface Options {
  /** Short loads and one round: to see that everything works, not to learn anything. */
  readonly quick: boolean
  readonly rounds: number
  readonly contenders: readonly Contender[]
  readonly say: (line: string) => void
  /** Told of a contender that failed, and why. */
  readonly leaveOut: (contender: string, reason: string) => void
}

/** What was promised, and what came out. */
export interface Goal {
  readonly says: string
  readonly limit: number
  readonly value: number
  readonly met: boolean
}

/** What a question comes to: figures for machines, and a table for people. */
export interface Answer {
  readonly figures: Readonly<Record<string, unknown>>
  readonly table: string
  readonly goals: readonly Goal[]
}

/** One benchmark. */
export interface Question {
  readonly name: string
  readonly asks: string
  run(options: Options): Promise<Answer>
}

/** A goal that a value must not exceed; where there is no value, there is no goal. */
export function atMost(says: string, value: number | undefined, limit: number): Goal[] {
  if (value === undefined || Number.isNaN(value)) return []
  return [{ says, limit, value, met: value <= limit }]
}
