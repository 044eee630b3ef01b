import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { settings } from '../src/setting-table.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the README names every setting with its default and what it says', (t) => {
  for (const { name, default: usual, says } of settings) {
    const row = readme.split('\n').find((line) => new RegExp(`^\\| \`--${name}[ \`]`).test(line))
    t.ok(row?.includes(says), `--${name}: ${says}`)
    if (usual) t.ok(row?.includes(`\`${usual}\``), `--${name} is ${usual} by default`)
  }
  t.end()
})

test('the README shows the two commands', (t) => {
  t.match(readme, /^npm start$/m)
  t.match(readme, /npm test/)
  t.end()
})
