import { test } from 'tap'
import { askAdmin, scrape } from '../fixtures/admin.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { Program } from '../fixtures/program.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const segment = (i: number): string => `/hls/0/stream-abcdefghi-${i}.ts`
const media = packets(2000)

test('what goes wrong at the origin is in the metrics, each under its name', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const fields = ['Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT']
  origin.on(segment(1), (exchange) => {
    const from = Number(/bytes=(\d+)-/.exec(exchange.field('range') ?? '')?.[1] ?? 0)
    if (origin.count(segment(1)) > 1) {
      const range = ['Content-Range', `bytes ${from}-${media.length - 1}/${media.length}`]
      return exchange.answer(206, [...fields, ...range], media.subarray(from))
    }
    exchange.begin(200, [...fields, 'Content-Length', String(media.length)])
    exchange.send(media.subarray(0, 100_000))
    exchange.end()
  })
  t.ok((await ask(edge.address, segment(1))).body.equals(media))
  origin.on(segment(2), (exchange) => {
    if (origin.count(segment(2)) === 1) exchange.answer(200, [], media.subarray(0, 1000))
    else exchange.answer(200, [], media)
  })
  t.ok((await ask(edge.address, segment(2))).body.equals(media))
  origin.on(segment(3), (exchange) => {
    exchange.wire.write('this is no HTTP\r\n\r\n')
    exchange.wire.socket.end()
  })
  t.equal((await ask(edge.address, segment(3))).status, 502)
  const before = await scrape(edge)
  const of = (series: ReadonlyMap<string, number>, name: string): number =>
    series.get(`owncast_edge_${name}`) ?? Number.NaN
  t.equal(of(before, 'fills_resumed_total'), 1)
  t.ok(of(before, 'asked_again_total') >= 1)
  t.equal(of(before, 'origin_failures_total{reason="unusable"}'), 1)
  t.equal(of(before, 'requests_total{kind="segment",answer="failed"}'), 1)
  t.equal(of(before, 'origin_up'), 1)
  t.ok(of(before, 'line_sent_bytes_total') > 100)
  t.ok(of(before, 'received_bytes_total') > 100)
  t.equal(of(before, 'fill_duration_seconds_count{kind="segment"}'), 2, 'only what was whole has a duration')

  await origin.close()
  await ask(edge.address, segment(4))
  await until('it is known to be away', () => edge.read().originIsDown)
  const after = await scrape(edge)
  t.equal(of(after, 'origin_up'), 0)
  t.ok(of(after, 'origin_failures_total{reason="unreachable"}') >= 1)
})

test('the token is in nothing that the program says of itself', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const token = 'hunter2-hunter2'
  const flags = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--access-log', 'combined']
  const program = Program.start(t, [...flags, '--origin', origin.address], { EDGE_ADMIN_TOKEN: token })
  const [, adminAddress = ''] = await program.says(/dashboard\s+(http\S+)\//)
  const edge = { adminAddress } as Parameters<typeof askAdmin>[0]
  const fields = ['Authorization', `Bearer ${token}`]
  for (const target of ['/config', '/metrics', '/viewers', '/health', '/']) {
    const { status, head, body } = await askAdmin(edge, target, { fields })
    t.equal(status, 200, target)
    t.notMatch(head + body, token, target)
  }
  const config = JSON.parse(String((await askAdmin(edge, '/config', { fields })).body))
  t.match(config['admin-token'], { value: '(secret)', from: 'EDGE_ADMIN_TOKEN' })
  program.process.kill('SIGHUP')
  await program.says(/settings read again/)
  program.process.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.notMatch(program.output + program.errors, token)
})
