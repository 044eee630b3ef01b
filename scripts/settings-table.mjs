// Writes the table of settings into README.md from the program's own table. Run after `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs'

const { settings } = await import(new URL('../dist/setting-table.js', import.meta.url))
const rows = settings.map(({ name, value, default: usual, says }) => {
  const flag = value === undefined ? `--${name}` : `--${name} ${value}`
  return `| \`${flag}\` | ${usual ? `\`${usual}\`` : ''} | ${says} |`
})
const table = ['| setting | default | what it says |', '|---|---|---|', ...rows].join('\n')
const readme = new URL('../README.md', import.meta.url)
const text = readFileSync(readme, 'utf8')
writeFileSync(
  readme,
  text.replace(
    /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/,
    (_, start, end) => `${start}${table}\n${end}`
  )
)
