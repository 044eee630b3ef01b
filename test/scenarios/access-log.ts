import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { ask, requestBytes } from '../fixtures/client.ts'
import { edgeBefore, settingsFor } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { openTunnel } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const media = packets(100)

interface Line {
  readonly target: string
  readonly status: number
  readonly bytes: number
  readonly outcome: string
  readonly complete: boolean
}

class Log {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get text(): string {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : ''
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }

  /** The lines of a JSON log, once there are so many. */
  async read(count: number): Promise<Line[]> {
    await until(`there are ${count} lines`, () => this.lines.length >= count)
    return this.lines.map((line) => JSON.parse(line) as Line)
  }
}

async function logged(
  t: Test,
  format: string,
  ...flags: string[]
): Promise<{ origin: ScriptedOrigin; edge: Edge; log: Log }> {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], media))
  origin.on(/page|chat/, (exchange) => exchange.answer(200, [], 'a page'))
  const log = new Log(join(t.testdir(), 'access.log'))
  const edge = await edgeBefore(t, origin, ['--access-log', format, '--access-log-file', log.path, ...flags])
  return { origin, edge, log }
}

test('each response is a line: what was asked for, how it was answered, how many bytes of body', async (t) => {
  const { edge, log } = await logged(t, 'json', '--hosts', 'edge.example')
  await ask(edge.address, segment)
  await ask(edge.address, segment)
  await ask(edge.address, segment, { fields: ['Range', 'bytes=0-99'] })
  await ask(edge.address, segment, { method: 'HEAD' })
  await ask(edge.address, '/page')
  await ask(edge.address, '/page', { host: 'other.example' })
  await ask(edge.address, segment, { method: 'OPTIONS' })
  const lines = await log.read(7)
  t.match(lines, [
    { target: segment, status: 200, bytes: media.length, outcome: 'miss', complete: true },
    { target: segment, status: 200, bytes: media.length, outcome: 'hit' },
    { target: segment, status: 206, bytes: 100, outcome: 'hit' },
    { target: segment, status: 200, bytes: 0, outcome: 'hit' },
    { target: '/page', status: 200, bytes: 6, outcome: 'bypass' },
    { target: '/page', status: 421, outcome: 'refused' },
    { target: segment, status: 204, bytes: 0, outcome: 'hit' }
  ])
})

test('requests that repeat on a connection are lines as well, whichever way they are answered', async (t) => {
  const { edge, log } = await logged(t, 'json')
  await ask(edge.address, segment)
  const wire = await Wire.to(edge.address)
  for (let i = 0; i < 5; i++) {
    wire.write(
      requestBytes(segment, { fields: ['User-Agent', 'player', 'Referer', 'http://edge.example/?token=t'] })
    )
    const head = (await wire.readUntil('\r\n\r\n'))?.toString() ?? ''
    t.match(head, /^HTTP\/1\.1 200/)
    t.same(await wire.read(media.length), media)
  }
  wire.destroy()
  const lines = await log.read(6)
  t.equal(lines.length, 6)
  for (const line of lines.slice(1))
    t.match(line, {
      method: 'GET',
      target: segment,
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: media.length,
      outcome: 'hit',
      address: '127.0.0.1',
      userAgent: 'player',
      referer: 'http://edge.example/?token=redacted',
      complete: true
    } as never)
})

test('no token, password or cookie is in the log', async (t) => {
  const { origin, edge, log } = await logged(t, 'json')
  const fields = [
    'Authorization',
    'Bearer s3cret',
    'Cookie',
    'session=s3cret',
    'Referer',
    'http://x/?accessToken=s3cret'
  ]
  await ask(edge.address, '/api/chat?accessToken=s3cret', { fields })
  const tunnel = await openTunnel(edge.address, origin)
  for (const end of [tunnel.client, tunnel.origin]) end.destroy()
  const lines = await log.read(2)
  t.match(lines[1], { target: '/ws?accessToken=redacted', status: 101, outcome: 'tunnel' })
  t.notMatch(log.text, /s3cret|secret/)
})

test('a client that leaves before the end is told from one that got everything', async (t) => {
  const { origin, edge, log } = await logged(t, 'json')
  const asked = origin.next('/hls/0/stream-abcdefghi-8.ts')
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/hls/0/stream-abcdefghi-8.ts'))
  const exchange = await asked
  exchange.begin(200, ['Content-Length', String(media.length)])
  exchange.send(media.subarray(0, 188))
  await wire.readUntil('\r\n\r\n')
  wire.destroy()
  const [line] = await log.read(1)
  t.match(line, { status: 200, complete: false })
})

test('the Combined Log Format is what its readers expect', async (t) => {
  const { edge, log } = await logged(t, 'combined')
  await ask(edge.address, segment, { fields: ['User-Agent', 'VLC/3.0'] })
  await until('there is a line', () => log.lines.length === 1)
  t.match(
    log.lines[0],
    new RegExp(
      `^127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}(:\\d\\d){3} \\+0000\\] "GET ${segment} HTTP/1\\.1" 200 ${media.length} "-" "VLC/3\\.0"$`
    )
  )
})

test('the log goes on in a new file when the old one is rotated away, and no line is lost', async (t) => {
  const { edge, log } = await logged(t, 'json')
  const rotated = new Log(`${log.path}.1`)
  let asked = 0
  const askMore = async (): Promise<void> => {
    await ask(edge.address, `/page?${asked++}`)
  }
  await askMore()
  await log.read(1)
  renameSync(log.path, rotated.path)
  await pass(1100)
  for (let i = 0; i < 5; i++) await askMore()
  await log.read(5)
  t.equal(rotated.lines.length, 1)
  renameSync(log.path, `${log.path}.2`)
  edge.reload(settingsFor(edge.address, '--access-log', 'json', '--access-log-file', log.path))
  await askMore()
  t.match(await log.read(1), [{ target: '/page?6' }], 'a reload opens it anew at once')
})

test('the log can be turned on and off while the edge runs; off is the default', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const log = new Log(join(t.testdir(), 'access.log'))
  await ask(edge.address, '/one')
  edge.reload(settingsFor(origin.address, '--access-log', 'json', '--access-log-file', log.path))
  await ask(edge.address, '/two')
  await log.read(1)
  edge.reload(settingsFor(origin.address))
  await ask(edge.address, '/three')
  await edge.close()
  t.match(await log.read(1), [{ target: '/two' }])
  t.equal(log.lines.length, 1)
})
