import { appendFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { contenders } from './contenders/contenders.ts'
import { crowd } from './crowd.ts'
import { hit } from './hit.ts'
import { find } from './lib/program.ts'
import type { Answer, Goal, Options, Question } from './lib/question.ts'
import { live } from './live.ts'
import { memory } from './memory.ts'
import { miss } from './miss.ts'
import { playlistPolls } from './playlist-polls.ts'
import { viewers } from './viewers.ts'

/* A program: asks the named questions, or all; prints a table and a JSON line for each. */

const questions: readonly Question[] = [hit, crowd, viewers, memory, miss, playlistPolls, live]

const usage = `npm run bench -- [names…] [--quick] [--rounds N] [--only CONTENDER]… [--out FILE]

${questions.map(({ name, asks }) => `  ${name.padEnd(16)}${asks}`).join('\n')}

  --quick         one round of short loads: to see that everything works
  --rounds N      how often each contender is measured (5)
  --only NAME     only this contender, once or more: ${contenders.map(({ name }) => name).join(', ')}
  --out FILE      append the JSON lines to a file, too`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    out: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const unknown = positionals.find((name) => !questions.some((question) => question.name === name))
if (values.help || unknown !== undefined) {
  console.log(unknown === undefined ? usage : `there is no question "${unknown}"\n\n${usage}`)
  process.exit(unknown === undefined ? 0 : 2)
}
if (process.platform !== 'linux' || find('taskset') === undefined) {
  console.error('the benchmarks need Linux: they read /proc and pin processes with taskset')
  process.exit(2)
}

const options: Options = {
  quick: values.quick,
  rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
  contenders: contenders.filter(({ name }) => values.only?.includes(name) ?? true).filter(isPresent),
  say: (line) => console.error(`  ${line}`),
  leaveOut: (contender, reason) => {
    console.error(`left out: ${contender}: ${reason}`)
    process.exitCode = 1
  }
}
// Leaving in order: whatever is running is stopped at the exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
for (const question of questions) {
  if (positionals.length === 0 || positionals.includes(question.name)) await ask(question)
}

function isPresent(contender: (typeof contenders)[number]): boolean {
  const reason = contender.missing()
  if (reason !== undefined) console.error(`skipped: ${contender.name}: ${reason}`)
  return reason === undefined
}

async function ask(question: Question): Promise<void> {
  console.error(`${question.name}: ${question.asks}`)
  const answer = await question.run(options)
  const line = JSON.stringify(resultOf(question, answer))
  console.log(
    `\n${question.name}: ${question.asks}\n\n${answer.table}\n\n${answer.goals.map(describeGoal).join('\n')}\n\n${line}`
  )
  if (values.out !== undefined) appendFileSync(values.out, `${line}\n`)
}

function resultOf({ name }: Question, { figures, goals }: Answer): Record<string, unknown> {
  const machine = {
    cores: availableParallelism(),
    model: cpus()[0]?.model,
    kernel: release(),
    node: process.version
  }
  return {
    benchmark: name,
    at: new Date().toISOString(),
    quick: options.quick,
    rounds: options.rounds,
    machine,
    goals,
    figures
  }
}

function describeGoal({ says, limit, value, met }: Goal): string {
  return `${met ? 'met   ' : 'missed'}  ${says}: ${value.toPrecision(3)} (at most ${limit})`
}
