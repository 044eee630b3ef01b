import { type Test, test } from 'tap'
import { type Ask, ask, type Received } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, multivariantPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { askTls, Http2Client } from '../fixtures/tls-client.ts'

const multivariant = '/hls/stream.m3u8'
const playlist = '/hls/0/stream.m3u8'
const segment = '/hls/0/stream-abcdefghi-0.ts'
/** A megabyte. */
const body = packets(5320)
const as = (userAgent: string): Ask => ({ fields: ['User-Agent', userAgent] })

async function liveOrigin(t: Test): Promise<ScriptedOrigin> {
  const origin = await ScriptedOrigin.start(t)
  origin.on(multivariant, (exchange) => exchange.answer(200, [], multivariantPlaylist))
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], body))
  origin.on(/^\/(api.*)?$/, (exchange) => exchange.answer(200, [], 'yes'))
  return origin
}

test('when the line is full newcomers get 503, and whoever watches goes on', async (t) => {
  const clock = new ManualClock()
  const origin = await liveOrigin(t)
  const edge = await edgeBefore(t, origin, ['--max-egress', '16mbit'], clock)
  const old = as('old')
  t.equal((await ask(edge.address, multivariant, old)).status, 200)
  // A megabyte a second, over 20 s: half of the line.
  for (let i = 0; i < 10; i++) {
    await ask(edge.address, playlist, old)
    for (let megabyte = 0; megabyte < 2; megabyte++) await ask(edge.address, segment, old)
    clock.pass(2000)
  }
  t.equal((await ask(edge.address, multivariant, as('second'))).status, 200, 'there is room for another')
  for (let i = 0; i < 10; i++) {
    for (const viewer of [old, as('second')]) {
      t.equal((await ask(edge.address, playlist, viewer)).status, 200)
      for (let megabyte = 0; megabyte < 2; megabyte++)
        t.equal((await ask(edge.address, segment, viewer)).status, 200)
    }
    clock.pass(2000)
  }
  for (const target of [multivariant, playlist]) {
    const refused = await ask(edge.address, target, as('third'))
    t.equal(refused.status, 503)
    t.equal(refused.field('retry-after'), '10')
    t.equal(refused.field('access-control-allow-origin'), '*')
    t.equal(refused.field('cache-status'), 'edge; fwd=uri-miss; detail=line-full')
    t.match(JSON.parse(String(refused.body)), { code: 'line-full' })
    t.equal((await ask(edge.address, target, old)).status, 200)
  }
  t.equal((await ask(edge.address, '/', as('third'))).status, 200, 'the page is not video')
  t.equal(edge.read().viewers.total, 2, 'who is refused is no viewer')
  t.equal(edge.read().limitsMet['line-full'], 2)
  // The second has left, and the line is half empty again.
  for (let i = 0; i < 15; i++) {
    await ask(edge.address, playlist, old)
    await ask(edge.address, segment, old)
    clock.pass(2000)
  }
  t.equal((await ask(edge.address, multivariant, as('third'))).status, 200)
})

/** Keeps the event loop from doing anything else. */
function block(time: number): void {
  const until = performance.now() + time
  while (performance.now() < until);
}

test('what runs late sheds pages, then newcomers, and never those who watch', async (t) => {
  const origin = await liveOrigin(t)
  const edge = await edgeBefore(t, origin, ['--max-lag', '100ms'])
  for (const target of [multivariant, playlist, segment]) await ask(edge.address, target, as('old'))
  /** Asks several things while each turn of the event loop takes this long. */
  const askWhileLate = async (late: number, ...asked: [string, Ask][]): Promise<number[]> => {
    const heaving = setInterval(() => block(late), 1)
    try {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const answers: Received[] = []
      for (const [target, viewer] of asked) answers.push(await ask(edge.address, target, viewer))
      return answers.map(({ status }) => status)
    } finally {
      clearInterval(heaving)
    }
  }
  const everything: [string, Ask][] = [
    ['/', as('old')],
    [multivariant, as('new')],
    [playlist, as('old')],
    [segment, as('old')],
    [segment.replace('-0.', '-1.'), as('old')]
  ]
  const viewers = edge.read().viewers.total
  t.same(await askWhileLate(400, ...everything), [503, 503, 200, 200, 200])
  t.same(await askWhileLate(400, ['/api/ping', as('pinging')]), [200], 'a ping is answered')
  t.equal(edge.read().viewers.total, viewers, 'and not counted')
  t.ok((edge.read().limitsMet.overloaded ?? 0) >= 2)
  const calm = async (): Promise<boolean> => {
    for (const [target, viewer] of everything)
      if ((await ask(edge.address, target, viewer)).status !== 200) return false
    return true
  }
  const limit = Date.now() + 30_000
  while (!(await calm()) && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 100))
  t.ok(Date.now() < limit, 'and nothing once it is over')
})

test('no connection is sent more per second than --max-rate-per-connection', async (t) => {
  const origin = await liveOrigin(t)
  const flags = ['--max-rate-per-connection', '16mbit']
  const plain = await edgeBefore(t, origin, flags)
  const secure = await secureEdgeBefore(t, origin, flags)
  const ca = secure.authority.pem
  const http2 = await Http2Client.to(secure.address, { ca })
  t.teardown(() => http2.close())
  const ways: Record<string, () => Promise<{ body: Buffer }>> = {
    'while it arrives': () => ask(plain.address, segment),
    stored: () => ask(plain.address, segment),
    'over TLS': () => askTls(secure.address, segment, { ca }),
    'over HTTP/2': () => http2.ask(segment)
  }
  for (const [way, fetch] of Object.entries(ways)) {
    const began = performance.now()
    const got = await fetch()
    const took = performance.now() - began
    t.ok(got.body.equals(body), way)
    t.ok(took > 350, `${way}: a megabyte at 2 MB a second in ${took} ms`)
  }
  t.equal((await ask(plain.address, playlist)).status, 200)
})
