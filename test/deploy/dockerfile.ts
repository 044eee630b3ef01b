import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { Program } from '../fixtures/program.ts'
import { textOf } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { Wire } from '../fixtures/wire.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const lines = textOf('Dockerfile')
  .replace(/\\\n\s*/g, '')
  .split('\n')
const valuesOf = (word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

test('what is copied into the image is there, and not kept out by .dockerignore', async (t) => {
  const ignored = textOf('.dockerignore').trim().split('\n')
  const copied = valuesOf('COPY')
    .filter((value) => !value.startsWith('--from'))
    .flatMap((value) => value.split(' ').slice(0, -1))
  t.ok(copied.length >= 8)
  for (const path of copied) {
    t.ok(existsSync(join(root, path)), path)
    t.notOk(ignored.includes(path), path)
  }
})

test('the image has every package that the program imports, though none of those for development', async (t) => {
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.js')
  )
  t.ok(files.length > 50)
  for (const file of files) {
    const text = readFileSync(join(root, 'dist', file), 'utf8')
    for (const [, name = ''] of text.matchAll(
      /(?:^import[^'"]*?|\bimport\()['"]((?!node:|\.)[^'"]+)['"]/gm
    )) {
      const [scope = '', own = ''] = name.split('/')
      const wanted = scope.startsWith('@') ? `${scope}/${own}` : scope
      t.ok(wanted in dependencies, `${wanted} in ${file}`)
    }
  }
})

test('it does not run as root, and what starts it is the program', async (t) => {
  t.same(valuesOf('USER'), ['node'])
  t.same(valuesOf('ENTRYPOINT'), ['["node", "dist/main.js"]'])
})

test('its health check follows the edge: well, draining, gone', async (t) => {
  const [check = ''] = valuesOf('HEALTHCHECK').map((value) => value.replace(/^.*?CMD /, ''))
  const origin = await ScriptedOrigin.start(t)
  const program = await Program.edge(t, ['--origin', origin.address, '--drain-timeout', '20s'])
  const [, port = ''] = await program.says(/dashboard\s+http:\/\/127\.0\.0\.1:(\d+)/)
  const { PATH } = process.env
  const checked = (): number | null =>
    spawnSync('sh', ['-c', check], { env: { PATH, EDGE_ADMIN_PORT: port } }).status
  t.equal(checked(), 0)
  const target = '/hls/0/stream-abcdefghi-1.ts'
  const asked = origin.next(target)
  const client = await Wire.to(program.address)
  client.write(requestBytes(target))
  const exchange = await asked
  exchange.begin(200, ['Content-Length', '188'])
  await readAnswerHead(client)
  program.process.kill('SIGTERM')
  await program.says(/finishing what is being sent/)
  t.equal(checked(), 1, 'nobody new is to be sent here')
  exchange.send(Buffer.alloc(188, 0x47))
  exchange.done()
  t.equal(await program.ended, 0)
  t.equal(checked(), 1)
})
