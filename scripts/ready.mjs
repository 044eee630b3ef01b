// Makes `npm start` and `npm test` work on a fresh clone: installs the dependencies and builds dist/, each only
// when it is not current. Uses nothing but Node.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const at = (path) => join(root, path)
const changedAt = (path) => (existsSync(at(path)) ? statSync(at(path)).mtimeMs : 0)

/** The newest modification below a folder, in milliseconds since the epoch. */
function newestIn(folder) {
  let newest = 0
  for (const entry of readdirSync(at(folder), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    newest = Math.max(newest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs)
  }
  return newest
}

function run(what, command, args) {
  console.error(`owncast-edge: ${what} …`)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32'
  })
  if (error) console.error(`owncast-edge: could not run ${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`owncast-edge needs Node 20.19 or newer; this is ${process.versions.node}`)
  process.exit(1)
}

// npm writes this file at the end of every install; an older one means that the dependencies have changed since.
if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  run('installing dependencies', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
}

const settings = Math.max(
  changedAt('tsconfig.build.json'),
  changedAt('tsconfig.json'),
  changedAt('package.json')
)
if (changedAt('dist/.built') < Math.max(newestIn('src'), settings)) {
  run('building', process.execPath, [at('scripts/build.mjs')])
}

// Benchmarks are compiled only for `npm run bench`; what is newer than the last compilation says whether they are current.
if (process.argv.includes('bench')) {
  const newest = Math.max(newestIn('src'), newestIn('benchmarks'), changedAt('tsconfig.bench.json'))
  if (changedAt('.bench/.built') < newest) {
    run('building the benchmarks', process.execPath, [
      at('node_modules/typescript/bin/tsc'),
      '-p',
      at('tsconfig.bench.json')
    ])
    writeFileSync(at('.bench/.built'), '')
  }
}
