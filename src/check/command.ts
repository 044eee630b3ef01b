import type { Milliseconds } from '../cache.ts'
import { diagnose } from './diagnosis.ts'
import { examine } from './examination.ts'
import type { Remark } from './remark.ts'

/** What `owncast-edge check` was asked to do. */
export interface CheckOptions {
  readonly origin: URL
  /** How long each step may take. */
  readonly timeout?: Milliseconds | undefined
}

const usualTimeout: Milliseconds = 10_000
const marks: Record<Remark['mark'], string> = { good: '✓', note: '•', bad: '✗' }
const width = 92

/**
 * Looks at an origin and says in words what was found and what to change.
 * @returns the exit code: 0 where an edge can stand in front of it, 1 where not
 */
export async function check(
  { origin, timeout = usualTimeout }: CheckOptions,
  output: { write(text: string): unknown } = process.stdout
): Promise<number> {
  output.write(`Looking at ${origin.origin} …\n\n`)
  const { remarks, isUsable } = diagnose(await examine({ origin, timeout }))
  for (const { mark, text } of remarks) output.write(`${wrapped(`${marks[mark]} `, text)}\n`)
  const advice = remarks.flatMap(({ advice }) => advice ?? [])
  output.write(advice.length === 0 ? '\nThere is nothing to change.\n' : '\nWhat to change:\n')
  for (const [i, text] of advice.entries()) output.write(`${wrapped(`${i + 1}. `, text)}\n`)
  return isUsable ? 0 : 1
}

/** Text in lines of a terminal's width, its first line after a mark and the others below it. */
function wrapped(mark: string, text: string): string {
  const lines: string[] = []
  let line = mark
  for (const word of text.split(' ')) {
    if (line.length + word.length > width) {
      lines.push(line.trimEnd())
      line = ' '.repeat(mark.length)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()].join('\n')
}
