import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const playlist = '/hls/0/stream.m3u8'
const api = '/api/config'
const past = '/api/chat'
const media = packets(10)

type Script = (exchange: Exchange) => void

interface Stage {
  readonly origin: ScriptedOrigin
  readonly edge: Edge
  readonly clock: ManualClock
}

async function stage(t: Test, flags: readonly string[] = []): Promise<Stage> {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  // The edge asks for nothing by itself.
  const edge = await edgeBefore(t, origin, ['--tell-viewers', 'off', ...flags], clock)
  return { origin, edge, clock }
}

/** No fill, no body, no connection of a client and none that the origin was asked on is left. */
async function nothingIsLeft({ edge, origin, clock }: Stage, after: string): Promise<void> {
  await until(`nothing is left after ${after}`, () => {
    clock.pass(10)
    const { fills, heldBytes, connections } = edge.read()
    const isClosed = origin.requests.every(({ wire }) => wire.socket.destroyed)
    return fills === 0 && heldBytes === 0 && connections === 0 && isClosed
  })
}

/** A drop every few milliseconds, as long as the connection is there: always something, never enough. */
function trickle(exchange: Exchange, bytes: Uint8Array): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent < bytes.length) exchange.send(bytes.subarray(sent, ++sent))
  }, 5)
  void exchange.wire.closed.then(() => clearInterval(timer))
}

test('a body that comes drop by drop is given up in seconds, and its clients see that it is not all', async (t) => {
  const on = await stage(t)
  const { origin, edge, clock } = on
  const bodies = { [segment]: packets(1000), [playlist]: Buffer.from(mediaPlaylist()), [api]: packets(1000) }
  for (const [target, body] of Object.entries(bodies)) {
    origin.on(target, (exchange) => {
      exchange.begin(200, ['Content-Length', String(100 * body.length)])
      trickle(exchange, body)
    })
    const startedAt = clock.now()
    const answer = await clock.passUntil(ask(edge.address, target))
    t.ok(!answer.isComplete || answer.status === 504, `${target}: ${answer.status}`)
    t.ok(clock.now() - startedAt < 7000, `after ${clock.now() - startedAt} ms`)
    await nothingIsLeft(on, target)
  }
})

test('a head that comes drop by drop is a 504', async (t) => {
  const on = await stage(t, ['--origin-timeout', '300ms'])
  const { origin, edge, clock } = on
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(60_000)}`)
  origin.on(/./, (exchange) => trickle(exchange, head))
  for (const target of [segment, playlist, api, past]) {
    t.equal((await clock.passUntil(ask(edge.address, target))).status, 504, target)
    await nothingIsLeft(on, target)
    await untilUp(on)
  }
})

/** An origin that was found silent twice is not asked until it has answered something. */
async function untilUp({ origin, edge, clock }: Stage): Promise<void> {
  origin.on('/api/status', (exchange) => exchange.answer(404, ['Connection', 'close']))
  await until('the origin is known to be there', () => {
    clock.pass(10)
    return !edge.read().originIsDown
  })
}

test('an origin that sends more than it promised harms no other answer', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad'
  const next = '/hls/0/stream-abcdefghi-8.ts'
  const surplus: Record<string, string | Buffer> = {
    'another answer': smuggled,
    'more of the body': packets(1),
    'line ends': '\r\n\r\n'
  }
  for (const [i, [what, more]] of Object.entries(surplus).entries()) {
    const targets = [`/hls/0/stream-abcdefghi-1${i}.ts`, `/img/emoji/${i}.png`, `/api/chat?${i}`]
    for (const target of targets) {
      origin.on(target, (exchange) => {
        exchange.begin(200, ['Content-Length', String(media.length)])
        exchange.send(Buffer.concat([media, Buffer.from(more as string)]))
        exchange.done()
      })
      const answer = await ask(edge.address, target)
      t.ok(answer.isComplete && answer.body.equals(media), `${what}: ${target} is what was promised`)
      origin.on(next, (exchange) => exchange.answer(200, ['Connection', 'close'], packets(2, 9)))
      t.ok((await ask(edge.address, next)).body.equals(packets(2, 9)), 'and the next is its own')
      await ask(edge.adminAddress, '/purge', purgeOf(next))
      origin.on(past, (exchange) => exchange.answer(200, ['Connection', 'close'], 'past'))
      t.equal(String((await ask(edge.address, past)).body), 'past')
    }
  }
})

function purgeOf(path: string) {
  const body = JSON.stringify({ path })
  const fields = ['Content-Type', 'application/json', 'Content-Length', String(body.length)]
  return { method: 'POST', host: '127.0.0.1', fields, body }
}

const heads: Record<string, string> = {
  'no status line': 'garbage\r\n\r\n',
  'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'bytes of none': '\0\x01\x02\r\n\r\n',
  'a status that is none': 'HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n',
  'a field without a name': 'HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n',
  'a field without a colon': 'HTTP/1.1 200 OK\r\nBad Header\r\n\r\n',
  'a length that is none': 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
  'a negative length': 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12',
  'a length and chunks':
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a chunk without a size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n',
  'a field that never ends': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`,
  'too many fields': `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(30_000)}\r\n`,
  'half a head': 'HTTP/1.1 200 OK\r\nContent-Le',
  'only interim answers': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50),
  'an upgrade that nobody asked for': 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
}

async function misled(t: Test, script: Script, what: string): Promise<void> {
  const on = await stage(t, ['--origin-timeout', '5s'])
  const { origin, edge, clock } = on
  origin.on(/^\/(hls|api\/c)/, script)
  origin.on('/api/status', (exchange) => exchange.answer(404, ['Connection', 'close']))
  for (const target of [segment, playlist, api, past]) {
    const answer = await clock.passUntil(ask(edge.address, target).catch(() => undefined))
    const isTold = answer !== undefined && (answer.status === 502 || !answer.isComplete)
    t.ok(isTold, `${what}: ${target} is answered with ${answer?.status}`)
    if (answer?.status === 502) t.match(JSON.parse(answer.body.toString()), { error: /\w/, code: /\w/ })
    await nothingIsLeft(on, what)
    await untilUp(on)
  }
  t.equal(edge.read().storedResponses, 0, 'and nothing of it is kept')
}

for (const [what, head] of Object.entries(heads)) {
  test(`a head of ${what} is a 502 or breaks off, and leaves nothing behind`, async (t) => {
    await misled(
      t,
      (exchange) => {
        exchange.send(head)
        exchange.end()
      },
      what
    )
  })
}
