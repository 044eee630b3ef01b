import { type Test, test } from 'tap'
import type { Milliseconds } from '../../src/cache.ts'
import { startOwncast } from '../../src/demo/owncast.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { best, until } from '../fixtures/until.ts'

const playlist = '/hls/0/stream.m3u8'

async function live(t: Test) {
  const owncast = await startOwncast({ latencyLevel: 0, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  return { owncast, edge }
}

function newestIn(text: string): string {
  return text.match(/stream-.*\.ts/g)?.at(-1) ?? ''
}

/** A viewer who polls four times a second and remembers every answer. */
class Poller {
  readonly statuses: number[] = []
  /** How long each poll took. */
  readonly took: Milliseconds[] = []
  last = ''
  readonly #timer: NodeJS.Timeout

  constructor(address: string) {
    this.#timer = setInterval(() => void this.#poll(address), 250)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #poll(address: string): Promise<void> {
    const startedAt = Date.now()
    const answer = await ask(address, playlist).catch(() => undefined)
    this.statuses.push(answer?.status ?? 0)
    this.took.push(Date.now() - startedAt)
    if (answer?.status === 200) this.last = answer.body.toString()
  }
}

test('an origin that goes away and comes back ends nobody’s stream: every poll is answered, then all is fresh within a second', async (t) => {
  const { owncast, edge } = await live(t)
  const viewer = new Poller(edge.address)
  t.teardown(() => viewer.stop())
  await until('the viewer has seen the stream go on', () => (edge.read().originRequests.segment ?? 0) >= 2)
  const isSoon = (freshAfter: Milliseconds): boolean => freshAfter < 1000
  const freshAfter = await best(isSoon, async () => {
    await owncast.faults.refuse()
    await until('it is known to be away', () => edge.read().originIsDown)
    const known = newestIn((await ask(edge.address, playlist)).body.toString())
    const before = viewer.statuses.length
    const asked = edge.read().originRequests['media-playlist'] ?? 0
    await until('the viewer has polled on', () => viewer.statuses.length > before + 10)
    t.equal((await ask(edge.address, `/hls/0/${known}`)).status, 200, 'the segments it lists are here')
    t.ok((edge.read().originRequests['media-playlist'] ?? 0) - asked <= 1, 'nobody queues for a dead origin')
    await owncast.faults.accept()
    const backAt = Date.now()
    let text = ''
    while (newestIn(text) === known || text === '') text = (await ask(edge.address, playlist)).body.toString()
    return Date.now() - backAt
  })
  t.ok(isSoon(freshAfter), `fresh ${freshAfter} ms after the return`)
  t.same([...new Set(viewer.statuses)], [200], 'no poll failed')
})

test('what goes past the cache fails fast while the origin is away', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const port = Number(new URL(origin.address).port)
  await origin.close()
  t.equal((await ask(edge.address, playlist)).status, 502)
  await until('it is known to be away', () => edge.read().originIsDown)
  // Somebody listens there now who never answers: whoever was sent there would wait.
  const deaf = await ScriptedOrigin.start(t, port)
  deaf.on(/./, () => {})
  const answer = await ask(edge.address, '/api/chat/register', {
    method: 'POST',
    body: '{}',
    fields: ['Content-Length', '2']
  })
  t.equal(answer.status, 502)
  t.match(JSON.parse(answer.body.toString()), { code: 'unreachable' })
  t.equal(deaf.count('/api/chat/register'), 0, 'it was not sent there')
})

test('an ended playlist does not stand in for an origin that is away', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist({ end: '#EXT-X-ENDLIST\n' })))
  t.equal((await ask(edge.address, playlist)).status, 200)
  await origin.close()
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const answer = await ask(edge.address, playlist)
  t.equal(answer.status, 502)
  t.equal(answer.field('access-control-allow-origin'), '*', 'readable by a player of another site')
})

test('an origin that hangs is found out: a clear status, then no more waiting', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--origin-timeout', '1s'])
  origin.on(/./, () => {})
  t.equal((await ask(edge.address, playlist)).status, 504)
  // By then it may be known already: presence has asked for the status meanwhile.
  t.ok([502, 504].includes((await ask(edge.address, '/hls/0/stream-abcdefghi-1.ts')).status))
  await until('it is known to be away', () => edge.read().originIsDown)
  const asked = origin.count(playlist)
  t.equal((await ask(edge.address, playlist)).status, 502)
  t.equal(origin.count(playlist), asked, 'it is not even asked')
  await until('nothing is left behind', () => edge.read().fills === 0)
})

test('heads that are none end in a clear status', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  for (const head of [
    'garbage\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nBad Header\r\n\r\n'
  ]) {
    origin.on(playlist, (exchange) => {
      exchange.send(head)
      exchange.end()
    })
    t.equal((await ask(edge.address, playlist)).status, 502, JSON.stringify(head))
  }
  await until('no fetch is left', () => edge.read().fills === 0)
  t.notOk(edge.read().originIsDown, 'it is there, if confused')
})
