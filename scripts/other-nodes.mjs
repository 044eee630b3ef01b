// `npm run test:nodes`: runs the tests that lean on Node's own sockets, parsers and streams under the other versions of Node
// that the README names, each taken from npm. Name versions or tests to run only those.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const named = given.filter((word) => /^\d+$/.test(word))
const versions = named.length > 0 ? named : ['22', '24', '26']
const chosen = given.filter((word) => word.endsWith('.ts'))
const usual = [
  'server/tunnel',
  'server/lane/lane',
  'server/tls/http2-sessions',
  'scenarios/abuse',
  'scenarios/bounded-memory',
  'scenarios/bypass',
  'scenarios/limits-connections',
  'scenarios/program',
  'scenarios/resumed-bodies',
  'scenarios/segments',
  'scenarios/tls',
  'scenarios/tls-http2',
  'scenarios/tls-slow-viewers',
  'scenarios/tunnel',
  'scenarios/uploads'
].map((name) => `test/${name}.ts`)

const folder = mkdtempSync(join(tmpdir(), 'owncast-edge-nodes-'))
// Without it npm would install into a project above.
writeFileSync(join(folder, 'package.json'), '{}')
const tap = join(root, 'node_modules', '.bin', 'tap')
const tests = chosen.length > 0 ? chosen : usual
const failed = []
for (const version of versions) {
  const place = join(folder, version)
  const install = [
    'install',
    '--prefix',
    place,
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    `node@${version}`
  ]
  const installed = spawnSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  const bin = join(place, 'node_modules', 'node', 'bin')
  const said = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' })
  if (installed.status !== 0 || said.status !== 0) {
    console.error(`node@${version} could not be installed`)
    failed.push(version)
    continue
  }
  console.error(`Node ${said.stdout.trim()}`)
  const path = `${bin}${delimiter}${process.env.PATH}`
  const run = spawnSync(tap, tests, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } })
  if (run.status !== 0) failed.push(version)
}
rmSync(folder, { recursive: true, force: true })
console.error(
  failed.length === 0 ? `passed under Node ${versions.join(', ')}` : `failed under Node ${failed.join(', ')}`
)
process.exit(failed.length === 0 ? 0 : 1)
