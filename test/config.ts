import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { configure, readSettings, SettingError } from '../src/config.ts'
import { planReload, sayReload } from '../src/reload.ts'
import { configTable, shownSettings } from '../src/show-config.ts'

test('a flag counts more than a variable, a variable more than the file, the file more than the default', (t) => {
  const folder = t.testdir({
    'edge.yaml': 'port: 1001\nhost: 127.0.0.1\ncacheSize: 5MB\ntrust-proxy: [10.0.0.0/8, fd00::/8]\n'
  })
  const path = join(folder, 'edge.yaml')
  const { settings, inForce } = configure(
    { config: path, port: '1003' },
    { EDGE_PORT: '1002', EDGE_HOST: '::1' }
  )
  t.match(settings, { port: 1003, host: '::1', cacheSize: 5e6, trustProxy: ['10.0.0.0/8', 'fd00::/8'] })
  const from = Object.fromEntries(inForce.map(({ setting, from }) => [setting.name, from]))
  t.match(from, {
    port: '--port',
    host: 'EDGE_HOST',
    'cache-size': `cache-size in ${path}`,
    'max-object-size': 'default'
  })
  t.equal(configure({}, { EDGE_CONFIG: path }).settings.port, 1001)
  t.end()
})

test('a value that cannot be used stops the start with its name, itself and what was expected', (t) => {
  const message = (flags: Record<string, string>, environment = {}): string => {
    try {
      configure(flags, environment)
    } catch (error) {
      if (error instanceof SettingError) return error.message
    }
    return 'it was used'
  }
  t.equal(message({ port: 'x' }), '--port: "x" is not usable: expected a port from 0 to 65535')
  t.equal(
    message({}, { EDGE_PORT: '70000' }),
    'EDGE_PORT: "70000" is not usable: expected a port from 0 to 65535'
  )
  t.match(
    message({ accessLog: 'xml' }),
    /^--access-log: "xml" is not usable: expected off, json or combined$/
  )
  t.match(message({ hosts: 'a b' }), /^--hosts: "a b" is not usable: expected names/)
  const secret = message({ adminToken: 'with space' })
  t.match(secret, /^--admin-token: its value is not usable/)
  t.notMatch(secret, /with space/)
  t.throws(() => readSettings(['--nonsense'], {}, '0'), { message: /unknown option '--nonsense'/ } as never)
  const path = join(t.testdir({ 'edge.json': '{"prot": 1}' }), 'edge.json')
  t.match(message({ config: path }), /"prot" in ".*edge\.json" is not a setting/)
  t.end()
})

test('an admin listener that others can reach needs a token', (t) => {
  for (const adminHost of ['0.0.0.0', '::', '192.168.1.2', 'edge.lan'])
    t.throws(() => configure({ adminHost }, {}), { message: /needs --admin-token/ } as never, adminHost)
  for (const adminHost of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) t.ok(configure({ adminHost }, {}))
  t.ok(configure({ adminHost: '0.0.0.0', adminToken: 'x' }, {}))
  t.end()
})

test('switches are flags, and words in files and variables', (t) => {
  const denies = (flags: Record<string, string | true>, environment = {}): boolean =>
    configure(flags, environment).settings.denyAdmin
  t.equal(denies({}), false)
  t.equal(denies({ denyAdmin: true }), true)
  t.equal(denies({ denyAdmin: 'off' }, { EDGE_DENY_ADMIN: 'on' }), false)
  t.equal(denies({}, { EDGE_DENY_ADMIN: 'true' }), true)
  const path = join(t.testdir({ 'edge.yaml': 'deny-admin: true\naccess-log: off\n' }), 'edge.yaml')
  t.equal(denies({ config: path }), true)
  t.end()
})

test('settings read again change what can be changed, and say what cannot', (t) => {
  const path = join(t.testdir({ 'edge.yaml': 'port: 8080\nadmin-token: old\n' }), 'edge.yaml')
  const before = configure({ config: path }, {})
  t.same(sayReload(planReload(before, configure({ config: path }, {}))), [
    'settings read again: nothing has changed'
  ])
  writeFileSync(path, 'port: 8081\nadmin-token: new\noutage: 30s\n')
  const plan = planReload(before, configure({ config: path }, {}))
  t.match(plan.configuration.settings, { port: 8080, adminToken: 'new', outage: 30_000 })
  t.same(sayReload(plan), [
    'settings read again: admin-token is (secret) now',
    'settings read again: outage is 30s now',
    'settings read again: port becomes 8081 with a restart'
  ])
  t.equal(shownSettings(plan.configuration).port?.value, '8080', 'what is shown is in force')
  t.end()
})

test('a token is not taken away from a listener that stays open to others', (t) => {
  const path = join(t.testdir({ 'edge.yaml': 'admin-host: 0.0.0.0\nadmin-token: old\n' }), 'edge.yaml')
  const before = configure({ config: path }, {})
  writeFileSync(path, 'admin-host: 127.0.0.1\n')
  t.throws(() => planReload(before, configure({ config: path }, {})), {
    message: /needs --admin-token/
  } as never)
  t.end()
})

test('what is in force is shown with where it comes from, and no secret', (t) => {
  const configuration = configure({ adminToken: 'hunter2', origin: 'http://127.0.0.1:8080' }, {})
  const table = configTable(configuration)
  t.match(table, /^origin +http:\/\/127\.0\.0\.1:8080 +--origin +with a restart$/m)
  t.match(table, /^admin-token +\(secret\) +--admin-token +at once$/m)
  t.match(table, /^cache-size +256MB +default +at once$/m)
  t.notMatch(table, /hunter2/)
  t.notMatch(JSON.stringify(shownSettings(configuration)), /hunter2/)
  t.end()
})
