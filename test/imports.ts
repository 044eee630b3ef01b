import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/** From each file in src/ to what it imports: paths within src/, or names of packages. */
const imports = new Map<string, string[]>()
/** From each file to its text. */
const texts = new Map<string, string>()
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
  const path = join(entry.parentPath ?? entry.path, entry.name)
  const text = readFileSync(path, 'utf8')
  const specifiers = [
    ...text.matchAll(
      /^(?:import|export)\b[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm
    )
  ]
  const named = specifiers.map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
  const file = relative(src, path)
  texts.set(file, text)
  imports.set(
    file,
    named.map((name) => (name.startsWith('.') ? relative(src, join(dirname(path), name)) : packageOf(name)))
  )
}

function packageOf(name: string): string {
  return name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] as string)
}

const isIn = (folder: string) => (file: string) => file.startsWith(`${folder}/`)
const isPackage = (name: string): boolean => !name.endsWith('.ts') && !name.startsWith('node:')

/** Every import of files like `from` that is like `to`, as it would be reported. */
function found(from: (file: string) => boolean, to: (name: string) => boolean): string[] {
  return [...imports].flatMap(([file, names]) =>
    from(file) ? names.filter(to).map((name) => `${file} imports ${name}`) : []
  )
}

test('what few runs need is loaded only where it is asked for', async (t) => {
  const eager = (name: string): string[] =>
    [...texts].flatMap(([file, text]) =>
      [...text.matchAll(/^import\s+(?!type\b)[^'"]*?'([^']+)'/gm)].some(([, from]) => from?.startsWith(name))
        ? [file]
        : []
    )
  t.same(eager('acme-client'), [], 'certificates by ACME')
  for (const folder of ['demo', 'check', 'bench']) t.same(eager(`./${folder}/`), [], folder)
})

test('http/, hls/ and the policy import no package: text and numbers in, values out', async (t) => {
  t.ok(imports.size > 50, 'the import lines were found')
  const isPure = (file: string) => isIn('http')(file) || isIn('hls')(file) || file.startsWith('policy')
  t.same(found(isPure, isPackage), [])
  const isOutside = (name: string) =>
    name.endsWith('.ts') && !/^(http|hls)\/|^(cache|policy[\w-]*)\.ts$/.test(name)
  t.same(found(isPure, isOutside), [])
})

test('the server never imports the keeper, nor the keeper the server', async (t) => {
  t.same(found(isIn('server'), isIn('keeper')), [])
  t.same(found(isIn('keeper'), isIn('server')), [])
  t.same(
    found(isIn('keeper'), (name) => name.includes('fastify')),
    []
  )
  t.same(
    found(isIn('server'), (name) => name === 'undici' || name === 'lru-cache'),
    []
  )
})

test('the origin is spoken to in few places, and lru-cache is the keeper’s', async (t) => {
  const isEdge = (file: string) => !/^(bench|check|demo|acme)\//.test(file)
  const users = (name: string) => [...imports].filter(([file, names]) => isEdge(file) && names.includes(name))
  for (const [file] of users('undici')) t.match(file, /^(keeper\/|passage\.ts$)/, `${file} imports undici`)
  for (const [file] of users('lru-cache')) t.match(file, /^keeper\//, `${file} imports lru-cache`)
})

test('nothing of the edge depends on the demo, the bench or the doctor, but where it is started', async (t) => {
  const isAside = (file: string) => /^(demo|bench|check)\//.test(file)
  const isStart = (file: string) => /^(main|run|cli)\.ts$/.test(file)
  t.same(
    found((file) => !isAside(file) && !isStart(file), isAside),
    []
  )
})

test('only what is started from the command line reads the environment', async (t) => {
  for (const [file, text] of texts)
    if (/process\.env\b/.test(text))
      t.match(file, /^(main|run|config|settings?)[\w-]*\.ts$|^(demo|bench)\//, file)
})

test('there are no cycles', async (t) => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void t.fail([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    for (const name of valueImports(file)) visit(name, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  t.equal(done.size, imports.size)
})

/** What a file needs of others when it runs: types are gone by then. */
function valueImports(file: string): string[] {
  const lines = [...(texts.get(file) ?? '').matchAll(/^import\s+(?!type\b)([^'"]*?)from\s+'(\.[^']+)'/gm)]
  return lines.map(([, , name]) => relative(src, join(src, dirname(file), name as string)))
}

test('no file re-exports what another made', async (t) => {
  for (const [file, text] of texts)
    t.notMatch(text, /^export\s+(\*|\{[^}]*\}|type\s+\{[^}]*\})\s+from/m, file)
})

test('no file is longer than 250 lines', async (t) => {
  for (const [file, text] of texts)
    t.ok(text.split('\n').length <= 251, `${file}: ${text.split('\n').length - 1} lines`)
})

test('no file leaves work for later', async (t) => {
  for (const [file, text] of texts) t.notMatch(text, /\b(TODO|FIXME|XXX|HACK)\b/, file)
})
