import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { readBytes, readRate } from '../../src/demo/amounts.ts'
import { startControl } from '../../src/demo/control.ts'
import { startOwncast } from '../../src/demo/owncast.ts'
import { ask } from '../fixtures/client.ts'

async function start(t: Test) {
  const owncast = await startOwncast({ startupGap: 0, onlineDelay: 0 })
  const control = await startControl(owncast, 0)
  t.teardown(async () => {
    control.close()
    control.closeAllConnections()
    await owncast.close()
  })
  const address = `http://127.0.0.1:${(control.address() as AddressInfo).port}`
  const command = async (method: string, target: string, value?: unknown) => {
    const body = value === undefined ? '' : JSON.stringify(value)
    const answer = await ask(address, target, {
      method,
      body,
      fields: ['Content-Length', String(body.length)]
    })
    return { status: answer.status, value: JSON.parse(answer.body.toString()) }
  }
  return { owncast, command }
}

test('another process can take the stand-in online and offline', async (t) => {
  const { owncast, command } = await start(t)
  const online = async () => JSON.parse((await ask(owncast.address, '/api/status')).body.toString()).online
  await command('POST', '/offline')
  t.equal(await online(), false)
  await command('POST', '/wipe')
  await command('POST', '/online')
  t.equal(await online(), true)
  const before = (await ask(owncast.address, '/hls/0/stream.m3u8')).body
  await command('POST', '/restart')
  t.notSame((await ask(owncast.address, '/hls/0/stream.m3u8')).body, before)
})

test('another process can command faults', async (t) => {
  const { owncast, command } = await start(t)
  const status = async () => (await ask(owncast.address, '/api/status')).status
  await command('POST', '/faults', [{ kind: 'status', status: 503, target: 'status$', times: 1 }])
  t.same([await status(), await status()], [503, 200])
  await command('POST', '/faults', { kind: 'status', status: 500 })
  await command('POST', '/faults/clear')
  t.equal(await status(), 200)
  await command('POST', '/uplink', { rate: '20mbit' })
  t.equal(owncast.uplink.rate, 20_000_000)
  t.equal((await command('POST', '/faults', { kind: 'hold' })).status, 400)
  await command('POST', '/refuse')
  await t.rejects(status())
  await command('POST', '/accept')
  t.equal(await status(), 200)
})

test('another process can count the requests', async (t) => {
  const { owncast, command } = await start(t)
  const { body } = await ask(owncast.address, '/robots.txt')
  await ask(owncast.address, '/robots.txt')
  const bytes = 2 * body.length
  t.same((await command('GET', '/requests')).value, {
    total: 2,
    bytes,
    targets: { '/robots.txt': { count: 2, bytes } }
  })
  await command('POST', '/requests/reset')
  t.same((await command('GET', '/requests')).value, { total: 0, bytes: 0, targets: {} })
  t.same((await command('GET', '/viewers')).value, [])
})

test('an unknown command is told which there are', async (t) => {
  const { command } = await start(t)
  const { status, value } = await command('GET', '/online')
  t.equal(status, 404)
  t.ok(value.commands.includes('POST /online'))
})

test('amounts are read with their units, and refused with what was expected', async (t) => {
  t.same(['20mbit', '1.5Gbit', '800kbit', '5'].map(readRate), [20e6, 1.5e9, 800e3, 5])
  t.same(['2mb', '500kb', '10b', '7'].map(readBytes), [2e6, 500e3, 10, 7])
  t.throws(() => readRate('20mb'), { message: '"20mb" is not a rate such as 20mbit' })
  t.throws(() => readBytes('much'), RangeError)
})

test('as a program: says where it is, answers, and ends when told', async (t) => {
  const main = fileURLToPath(new URL('../../src/demo/main.ts', import.meta.url))
  const options = ['--port', '0', '--at-once', '--latency-level', '0', '--segment-bytes', '1mb']
  const program = spawn(process.execPath, [...process.execArgv, main, ...options])
  t.teardown(() => program.kill('SIGKILL'))
  const [line] = await once(createInterface(program.stdout), 'line')
  const [, address] = /^owncast stand-in on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? []
  const playlist = (await ask(address!, '/hls/0/stream.m3u8')).body.toString()
  t.match(playlist, /TARGETDURATION:1\n/)
  const { body } = await ask(address!, `/hls/0/${playlist.trim().split('\n').at(-1)}`)
  t.ok(Math.abs(body.length - 1e6) < 188)
  program.kill('SIGTERM')
  t.same(await once(program, 'exit'), [0, null])
})
