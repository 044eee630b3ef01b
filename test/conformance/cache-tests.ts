import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { Program } from '../fixtures/program.ts'
import { freePort } from '../fixtures/web-server.ts'

const require = createRequire(import.meta.url)
const suite = fileURLToPath(new URL('.', `file://${require.resolve('http-cache-tests/package.json')}`))
/** From the id of a test to why this edge does not pass it. */
const knownFailures: Record<string, string> = JSON.parse(
  readFileSync(new URL('cache-tests-failed.json', import.meta.url), 'utf8')
)

interface Case {
  readonly id: string
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly depends_on?: readonly string[]
  readonly browser_only?: boolean
}
type Results = Record<string, true | readonly [string, string]>

test('the edge passes the tests of cache-tests.fyi, but for those it fails for a reason', {
  timeout: 300_000
}, async (t) => {
  const port = await freePort()
  await startServer(t, port)
  const origin = `http://localhost:${port}`
  const limits = ['--max-requests-per-address', 'off', '--max-origin-requests-per-address', 'off']
  const edge = await Program.edge(t, ['--profile', 'generic', '--origin', origin, ...limits])
  const { default: suites } = await import('http-cache-tests/tests/index.mjs')
  const { runTests, getResults } = await import('http-cache-tests/client/runner.mjs')
  const cases = suites.flatMap(({ tests }) => tests).filter((one) => one.browser_only !== true)
  // Some at a time: each of them waits for its seconds, and a busy machine must not make them longer.
  await runTests(suites, require('node-fetch'), false, edge.address, 60)
  const results = getResults()
  t.comment(['required', 'optimal'].map((kind) => score(kind, cases, results)).join(', '))
  for (const { id, kind } of cases) {
    if (kind === 'check') continue
    const isExpected = isPassed(id, cases, results) !== id in knownFailures
    const [, what = ''] = results[id] === true ? [] : (results[id] ?? [])
    t.ok(isExpected, id in knownFailures ? `${id} passes, though it is listed as failed` : `${id}: ${what}`)
  }
})

function score(kind: string, cases: readonly Case[], results: Results): string {
  const those = cases.filter((one) => (one.kind ?? 'required') === kind)
  const passed = those.filter(({ id }) => isPassed(id, cases, results))
  return `${passed.length} of ${those.length} ${kind}`
}

/** A pass counts only where everything that the test depends on has passed too. */
function isPassed(id: string, cases: readonly Case[], results: Results): boolean {
  const needed = cases.find((one) => one.id === id)?.depends_on ?? []
  return results[id] === true && needed.every((other) => isPassed(other, cases, results))
}

async function startServer(t: Test, port: number): Promise<void> {
  const environment = {
    npm_config_protocol: 'http',
    npm_config_port: String(port),
    npm_config_pidfile: join(t.testdir(), 'pid')
  }
  const server = spawn(process.execPath, [join(suite, 'server/server.mjs')], {
    cwd: suite,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => server.kill())
  await once(server.stdout, 'data')
}
