import { test } from 'tap'
import { commandLine } from '../../src/cli.ts'
import { configure, type Flags } from '../../src/config.ts'
import { settings } from '../../src/setting-table.ts'
import { blocksOf, commandsIn, filesBelow, isThere, textOf } from '../fixtures/recipes.ts'

const pages = filesBelow('docs').filter((path) => path.endsWith('.md'))
const recipes = [...pages, ...filesBelow('deploy'), 'Dockerfile', 'README.md']
const variables = new Set(settings.map(({ name }) => `EDGE_${name.toUpperCase().replaceAll('-', '_')}`))
variables.add('EDGE_CONFIG')

test('every variable that a recipe names is a setting', async (t) => {
  let named = 0
  for (const path of recipes) {
    for (const [variable] of textOf(path).matchAll(/\bEDGE_[A-Z_]*[A-Z]/g)) {
      named++
      t.ok(variables.has(variable), `${variable} in ${path}`)
    }
  }
  t.ok(named > 30)
})

test('every flag that a page names in a sentence is a setting', async (t) => {
  const known = new Set([
    ...settings.map(({ name }) => name),
    'config',
    'target',
    'viewers',
    'seconds',
    'help'
  ])
  for (const page of [...pages, 'README.md']) {
    const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, '')
    for (const [, quoted = ''] of prose.matchAll(/`([^`]+)`/g)) {
      // Flags of other programs stand in commands of theirs.
      if (!/^--|^owncast-edge/.test(quoted)) continue
      for (const [, flag = ''] of quoted.matchAll(/(?<=^|\s)--([a-z][a-z\d-]*)/g))
        if (flag !== 'ulimit') t.ok(known.has(flag), `--${flag} in ${page}`)
    }
  }
})

test('every command that a page shows is one that the program takes', async (t) => {
  const ran: string[] = []
  const program = commandLine('0.0.0', {
    run: async (flags) => void (configure(flags, {}) && ran.push('run')),
    config: async (flags) => void (configure(flags as Flags, {}) && ran.push('config')),
    check: async ({ origin }) => void ran.push(`check ${origin}`),
    bench: async () => void ran.push('bench')
  })
  let count = 0
  for (const page of [...pages, 'README.md']) {
    for (const { text } of blocksOf(page)) {
      for (const args of commandsIn(text)) {
        // What lies on the operator's machine.
        const readable = args.filter((arg, i) => arg !== '--config' && args[i - 1] !== '--config')
        count++
        await t.resolves(program.parseAsync(readable, { from: 'user' }), `${page}: ${args.join(' ')}`)
      }
    }
  }
  t.equal(ran.length, count)
  t.ok(count >= 12, `${count} commands`)
})

test('every page leads to pages and files that are there', async (t) => {
  for (const page of [...pages, 'README.md']) {
    const folder = page.includes('/') ? 'docs/' : ''
    for (const [, link = ''] of textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
      t.ok(isThere(folder + link), `${link} in ${page}`)
    for (const [, path = ''] of textOf(page).matchAll(/`(deploy\/[\w./-]*)`/g))
      t.ok(
        recipes.some((recipe) => recipe.startsWith(path.replace(/\/$/, ''))),
        `${path} in ${page}`
      )
  }
})

test('what a line serves is what the formula says', async (t) => {
  const [, table = ''] = /<!-- viewers:.*?-->\n([\s\S]*?)<!--/.exec(textOf('docs/sizing.md')) ?? []
  const [head = '', , ...rows] = table.trim().split('\n')
  const numbers = (row: string): number[] =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => Number.parseFloat(cell.replace(/\(.*\)/, '')))
  const [, ...rates] = numbers(head)
  t.ok(rows.length >= 4 && rates.length === 3)
  for (const row of rows) {
    const [line = 0, ...viewers] = numbers(row)
    t.same(
      viewers,
      rates.map((rate) => Math.floor((0.9 * line) / (1.1 * rate))),
      row
    )
  }
})
