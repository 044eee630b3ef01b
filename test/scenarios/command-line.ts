import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { mediaPlaylist } from '../fixtures/media.ts'
import { anyPorts, Program } from '../fixtures/program.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

test('the program says where it is, what happens, takes settings again at SIGHUP, and stops at SIGTERM', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on('/hls/0/stream.m3u8', (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on('/page', (exchange) => exchange.answer(200, [], 'a page'))
  const path = join(t.testdir({ 'edge.yaml': `origin: ${origin.address}\ndeny-admin: off\n` }), 'edge.yaml')
  const program = Program.start(t, [...anyPorts, '--config', path])
  const [, address = ''] = await program.says(/watch +(http:\/\/127\.0\.0\.1:\d+)\/\n/)
  const [, admin = ''] = await program.says(/dashboard +(http:\/\/127\.0\.0\.1:\d+)\/\n/)
  t.equal((await ask(address, '/page')).status, 200)
  await ask(address, '/hls/0/stream.m3u8')
  await program.says(/^\S+Z stream started: it is live/m)
  t.equal((await ask(address, '/admin/')).status, 404, 'the origin answers')
  writeFileSync(path, `origin: ${origin.address}\ndeny-admin: on\nport: 1234\n`)
  program.signal('SIGHUP')
  await program.says(/settings read again: deny-admin is on now/)
  t.equal((await ask(address, '/admin/')).status, 403)
  writeFileSync(path, 'deny-admin: perhaps\n')
  program.signal('SIGHUP')
  await program.says(
    /everything stays as it was: deny-admin in .*: "perhaps" is not usable: expected on or off/
  )
  t.equal((await ask(address, '/admin/')).status, 403)
  writeFileSync(path, `origin: http://127.0.0.1:1\ndeny-admin: on\n`)
  program.signal('SIGHUP')
  await program.says(/settings read again: origin becomes http:\/\/127\.0\.0\.1:1 with a restart/)
  const shown = JSON.parse((await ask(admin, '/config', { host: new URL(admin).host })).body.toString())
  t.match(shown.origin, { value: origin.address, reloads: false })
  t.match(shown['deny-admin'], { value: 'on', from: `deny-admin in ${path}`, reloads: true })
  program.signal('SIGTERM')
  t.equal(await program.ended, 0)
  t.match(program.errors, /stopped/)
})

test('an access log on standard output has that for itself', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const program = Program.start(t, [...anyPorts, '--origin', origin.address, '--access-log', 'json'])
  const [, address = ''] = await program.says(/watch +(http:\/\/127\.0\.0\.1:\d+)\/\n/)
  await ask(address, '/page?token=s3cret')
  program.signal('SIGTERM')
  t.equal(await program.ended, 0)
  t.match(JSON.parse(program.output), { target: '/page?token=redacted', status: 404, outcome: 'bypass' })
})

test('config prints what is in force; check and wrong settings end with their exit codes', async (t) => {
  const config = Program.start(t, ['config', '--port', '1234'], { EDGE_ADMIN_TOKEN: 'hunter2' })
  const check = Program.start(t, ['check', '--origin', 'http://127.0.0.1:1'])
  const wrong = Program.start(t, ['--port', 'nope'])
  const open = Program.start(t, ['--admin-host', '0.0.0.0', '--port', '0'])
  const help = Program.start(t, ['--help'])
  t.equal(await config.ended, 0)
  t.match(config.output, /^port +1234 +--port +with a restart$/m)
  t.match(config.output, /^admin-token +\(secret\) +EDGE_ADMIN_TOKEN +at once$/m)
  t.notMatch(config.output, /hunter2/)
  t.equal(await check.ended, 1)
  t.match(check.output, /cannot be reached/)
  t.equal(await wrong.ended, 2)
  t.match(wrong.errors, /--port: "nope" is not usable: expected a port from 0 to 65535/)
  t.equal(await open.ended, 2)
  t.match(open.errors, /needs --admin-token/)
  t.equal(await help.ended, 0)
  t.match(help.output, /Operators:[\s\S]*--admin-token[\s\S]*Commands:[\s\S]*check[\s\S]*config[\s\S]*bench/)
})
