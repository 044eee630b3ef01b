import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { commandLine } from '../../src/cli.ts'
import { configure, type Flags } from '../../src/config.ts'
import { Program } from '../fixtures/program.ts'
import { textOf, withReplaced } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { needs } from '../fixtures/web-server.ts'

const unit = textOf('deploy/systemd/owncast-edge.service')
const settings = textOf('deploy/systemd/edge.yaml')
const unitFile = fileURLToPath(new URL('../../deploy/systemd/owncast-edge.service', import.meta.url))
/** All values of a key, in order. */
const valuesOf = (key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

test(
  'systemd takes the unit as it is, and finds little that it could do to the system',
  needs('systemd-analyze'),
  async (t) => {
    // The program that it starts is not where the unit has it; systemd looks whether there is one.
    const folder = t.testdir()
    const copy = join(folder, 'owncast-edge.service')
    writeFileSync(copy, withReplaced(unit, { '/usr/bin/node': process.execPath }))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' })
    t.equal(verified.status, 0, verified.stderr)
    t.notMatch(verified.stderr, /owncast-edge\.service/, 'without a warning')
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unitFile], {
      encoding: 'utf8'
    })
    const [, exposure] = /exposure level for owncast-edge\.service: (\d+\.\d+)/.exec(rated.stdout) ?? []
    t.ok(Number(exposure) <= 2, `${exposure} of 10`)
    t.match(textOf('docs/install.md'), `rates it ${exposure} of 10`)
  }
)

test('the unit starts the program with its settings, and they are taken', async (t) => {
  const [command = ''] = valuesOf('ExecStart')
  const [node, script, ...args] = command.split(' ')
  t.same([node, script], ['/usr/bin/node', '/opt/owncast-edge/dist/main.js'])
  const file = join(t.testdir({ 'edge.yaml': settings }), 'edge.yaml')
  t.equal(args[1], '/etc/owncast-edge/edge.yaml')
  const environment = Object.fromEntries(valuesOf('Environment').map((pair) => pair.split('=', 2)))
  let taken: ReturnType<typeof configure>['settings'] | undefined
  const program = commandLine('0.0.0', {
    run: async (flags: Flags) => {
      taken = configure(flags, environment).settings
    },
    check: async () => {},
    config: async () => {},
    bench: async () => {}
  })
  await program.parseAsync(['--config', file], { from: 'user' })
  t.match(taken, {
    domain: ['live.example.com'],
    port: 443,
    httpPort: 80,
    denyAdmin: true,
    accessLog: 'combined'
  })
  t.equal(
    taken?.stateDir,
    `/var/lib/${valuesOf('StateDirectory')[0]}`,
    'certificates are kept where it may write'
  )
  t.equal(taken?.accessLogFile, `/var/log/${valuesOf('LogsDirectory')[0]}/access.log`, 'and the log')
  t.match(textOf('deploy/systemd/owncast-edge.logrotate'), `${taken?.accessLogFile} {`)
  const patience = Number(valuesOf('TimeoutStopSec')[0])
  t.ok(patience * 1000 > (taken?.drainTimeout ?? 0), 'it is not killed while it drains')
})

test('"systemctl reload" is what the program understands: it reads the file again', async (t) => {
  t.match(valuesOf('ExecReload')[0], /^\/bin\/kill -HUP \$MAINPID$/)
  const origin = await ScriptedOrigin.start(t)
  const folder = t.testdir()
  const file = join(folder, 'edge.yaml')
  const local = withReplaced(settings, {
    'http://10.8.0.2:8080': origin.address,
    'domain: live.example.com': 'host: 127.0.0.1\nport: 0\nadmin-port: 0',
    '/var/log/owncast-edge': folder
  })
  writeFileSync(file, local)
  const program = Program.start(t, ['--config', file])
  await program.says(/player\s+http/)
  writeFileSync(file, withReplaced(local, { 'max-egress: 1gbit': 'max-egress: 500mbit' }))
  program.process.kill('SIGHUP')
  await program.says(/settings read again: max-egress is 500mbit now/)
  program.process.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

test('whatever ends it, systemd starts it again, with files enough for 20,000 who chat', async (t) => {
  t.same([valuesOf('Restart'), valuesOf('RestartSec')], [['always'], ['1']])
  t.ok(Number(valuesOf('LimitNOFILE')[0]) >= 3 * 20_000)
})
