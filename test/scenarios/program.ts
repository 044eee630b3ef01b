import { createServer } from 'node:net'
import { test } from 'tap'
import { ask, readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import { anyPorts, Program } from '../fixtures/program.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { openTunnel } from '../fixtures/tunnel.ts'
import { Wire } from '../fixtures/wire.ts'

test('a wrong setting stops the start and is named, with its value and what was expected', async (t) => {
  const cases: [string[], NodeJS.ProcessEnv, RegExp][] = [
    [['--port', '70000'], {}, /--port: "70000" is not usable: expected a port from 0 to 65535/],
    [['--origin', 'ftp://x'], {}, /--origin: "ftp:\/\/x" is not usable: expected an address such as http:/],
    [[], { EDGE_CACHE_SIZE: 'lots' }, /EDGE_CACHE_SIZE: "lots" is not usable: expected a size/],
    [['--config', '/does/not/exist.yaml'], {}, /--config: "\/does\/not\/exist\.yaml" cannot be read/],
    [['--nonsense'], {}, /unknown option '--nonsense'/]
  ]
  for (const [args, environment, message] of cases) {
    const program = Program.start(t, args, environment)
    t.equal(await program.ended, 2, args.join(' '))
    t.match(program.errors, message)
    t.notMatch(program.errors, /at .*\.js:\d+/, 'without a stack trace')
    t.equal(program.output, '')
  }
})

test('an occupied port is said to be occupied', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  for (const setting of ['--port', '--admin-port']) {
    const free = setting === '--port' ? '--admin-port' : '--port'
    const args = ['--origin', 'http://127.0.0.1:1', '--host', '127.0.0.1', setting, String(port), free, '0']
    const program = Program.start(t, args)
    t.equal(await program.ended, 2)
    t.match(program.errors, new RegExp(`${setting}.*port ${port}: another program uses it already`))
  }
})

test('the start warns when few open files are allowed, and says how to have more', async (t) => {
  const few = Program.startWithFiles(t, 1024, [...anyPorts, '--origin', 'http://127.0.0.1:1'])
  await few.says(/only 1024 open files are allowed, .*: raise it with "ulimit -n 65536" or LimitNOFILE/)
  const enough = Program.startWithFiles(t, 5000, [...anyPorts, '--origin', 'http://127.0.0.1:1'])
  await enough.says(/watch /)
  t.notMatch(enough.errors, /open files/)
})

test('without an origin it serves a demo stream that is live', async (t) => {
  const program = await Program.edge(t, [])
  const main = await ask(program.address, '/hls/stream.m3u8')
  t.match(main.body.toString(), /^#EXTM3U\n[\s\S]*0\/stream\.m3u8/)
  const media = await ask(program.address, '/hls/0/stream.m3u8')
  const [segment] = /^stream-.*\.ts$/m.exec(media.body.toString()) ?? []
  t.equal((await ask(program.address, `/hls/0/${segment}`)).field('content-type'), 'video/mp2t')
  t.match(JSON.parse((await ask(program.address, '/api/status')).body.toString()), { online: true })
})

test('SIGTERM finishes what is being sent, then ends the tunnels, then the program', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const program = await Program.edge(t, ['--origin', origin.address, '--drain-timeout', '20s'])
  const tunnel = await openTunnel(program.address, origin)
  const target = '/hls/0/stream-abcdefghi-1.ts'
  const asked = origin.next(target)
  const client = await Wire.to(program.address)
  client.write(requestBytes(target))
  const exchange = await asked
  const media = packets(1000)
  exchange.begin(200, ['Content-Length', String(media.length)])
  exchange.send(media.subarray(0, 500))
  await readAnswerHead(client)
  const idle = await Wire.to(program.address)
  idle.write(requestBytes('/robots.txt'))
  await readAnswer(idle)

  program.process.kill('SIGTERM')
  await program.says(/finishing what is being sent/)
  await idle.ended
  await t.rejects(refused(program.address), 'nobody else gets in')
  tunnel.origin.write('still here')
  t.equal((await tunnel.client.read(10)).toString(), 'still here')
  exchange.send(media.subarray(500))
  exchange.done()
  t.ok((await client.read(media.length)).equals(media), 'what was being sent arrives whole')
  await tunnel.client.ended
  t.equal(await program.ended, 0)
})

/** Resolves when a connection is taken and served. */
async function refused(address: string): Promise<void> {
  const wire = await Wire.to(address)
  wire.write(requestBytes('/hls/stream.m3u8'))
  await readAnswer(wire)
}

test('SIGTERM waits no longer than the drain timeout', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const program = await Program.edge(t, ['--origin', origin.address, '--drain-timeout', '300ms'])
  const asked = origin.next('/api/chat')
  const client = await Wire.to(program.address)
  client.write(requestBytes('/api/chat'))
  await asked
  program.process.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

test('tokens in query strings never reach a log', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const flags = ['--origin', origin.address, '--access-log', 'combined']
  const program = await Program.edge(t, flags)
  const token = 'S3CRETtoken'
  const tunnel = await openTunnel(program.address, origin)
  tunnel.client.destroy()
  const targets = [`/api/chat?accessToken=${token}`, `/hls/stream.m3u8?accessToken=${token}`]
  targets.push(`/ws?x=1&accessToken=${token}`, `/api/auth/indieauth/callback?code=${token}&state=${token}`)
  targets.push(`http://x.example/api/status?accessToken=${token}`, `/a%2Fb?access%54oken=${token}`)
  origin.on('/api/notifications/register', (exchange) => exchange.break())
  for (const target of targets)
    for (const referer of ['', `https://live.example/?accessToken=${token}`])
      await ask(program.address, target, { fields: ['Referer', referer, 'Authorization', `Bearer ${token}`] })
  await ask(program.address, `/api/notifications/register?accessToken=${token}`, { method: 'POST' })
  await origin.close()
  for (const target of targets) await ask(program.address, target)
  program.process.kill('SIGTERM')
  await program.ended
  t.match(program.output, /\/api\/chat/, 'there is a log')
  t.notMatch(program.output + program.errors, new RegExp(token, 'i'))
  t.notMatch(program.output + program.errors, /secret/)
})
