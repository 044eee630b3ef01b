import fc from 'fast-check'
import { type Test, test } from 'tap'
import { type Exchanged, exchange } from '../../fixtures/lane-exchange.ts'
import { LaneServer } from '../../fixtures/lane-server.ts'
import { packets } from '../../fixtures/media.ts'

const playlist = '/hls/0/stream.m3u8'
const small = '/hls/0/stream-abcdefghi-1.ts'
const large = '/hls/0/stream-abcdefghi-2.ts'
const missing = '/hls/0/stream-abcdefghi-3.ts'
const status = '/api/status'
const unknown = '/chat/messages'

const forms = [
  'Host: a.example\r\nUser-Agent: player\r\nAccept-Encoding: gzip\r\n',
  'Host: a.example\r\nUser-Agent: Mastodon\r\nReferer: http://a.example/\r\n',
  'host:b.example\r\nX-Forwarded-For: 203.0.113.7\r\nUser-Agent: Mastodon\r\nConnection: keep-alive\r\n'
] as const

const targets = fc.constantFrom(
  playlist,
  playlist,
  small,
  small,
  large,
  missing,
  status,
  unknown,
  `${small}?x=1`
)
const get = (target: string, form: string): string => `GET ${target} HTTP/1.1\r\n${form}\r\n`
const plain = fc.tuple(targets, fc.constantFrom(...forms)).map(([target, form]) => get(target, form))

/** What makes a request another one, or none at all, or two. */
const additions = fc.constantFrom(
  'Range: bytes=0-9\r\n',
  'If-None-Match: "x"\r\n',
  'If-Modified-Since: Thu, 01 Jan 2026 12:00:00 GMT\r\n',
  'Authorization: Basic eDp5\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'Upgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  'Expect: something\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 5\r\nContent-Length: 6\r\n',
  'Content-Length: +5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding: xchunked\r\n',
  ' folded: yes\r\n',
  'No-Colon\r\n',
  'Bare: line feed\n',
  'Bare: carriage return\rX: y\r\n',
  'Nul: \0\r\n',
  '\r\n',
  '\n',
  'Host: b.example\r\n',
  `X: ${'y'.repeat(17_000)}\r\n`
)
const altered = fc
  .tuple(targets, fc.constantFrom(...forms), additions)
  .map(([target, form, addition]) => get(target, form + addition))

const odd = fc.tuple(targets, fc.constantFrom(...forms)).chain(([target, form]) =>
  fc.constantFrom(
    `HEAD ${target} HTTP/1.1\r\n${form}\r\n`,
    `GET ${target} HTTP/1.0\r\n${form}\r\n`,
    `GET  ${target} HTTP/1.1\r\n${form}\r\n`,
    `get ${target} HTTP/1.1\r\n${form}\r\n`,
    `\r\nGET ${target} HTTP/1.1\r\n${form}\r\n`,
    `GET http://a.example${target} HTTP/1.1\r\n${form}\r\n`,
    `GET ${target}\r\n${form}\r\n`,
    `GET ${target}\t HTTP/1.1\r\n${form}\r\n`,
    `GET ${target}#x HTTP/1.1\r\n${form}\r\n`,
    `GET ${target} HTTP/1.1\n${form.replaceAll('\r', '')}\n`,
    `OPTIONS ${target} HTTP/1.1\r\n${form}\r\n`,
    `POST ${unknown} HTTP/1.1\r\n${form}Content-Length: 7\r\n\r\n1234567`,
    `POST ${unknown} HTTP/1.1\r\n${form}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n`,
    // A whole request of a known form within a body, which must not be answered.
    `POST ${unknown} HTTP/1.1\r\n${form}Content-Length: ${get(target, form).length}\r\n\r\n${get(target, form)}`,
    `POST ${unknown} HTTP/1.1\r\n${form}Content-Length: 4\r\n\r\n1234${get(target, form)}`,
    `POST ${unknown} HTTP/1.1\r\n${form}Expect: no\r\nContent-Length: ${get(target, form).length}\r\n\r\n${get(target, form)}`,
    `GET ${target} HTTP/1.1\r\n${form}Content-Length: ${get(small, form).length}\r\n\r\n${get(small, form)}`,
    `GET ${target} HTTP/1.1\r\nHost: a\n\nPOST ${unknown} HTTP/1.1\r\nExpect: no\r\nContent-Length: 9999\r\n\r\n`
  )
)

/** Mostly what one client says again and again. */
const messages = fc
  .constantFrom(...forms)
  .chain((form) =>
    fc.array(
      fc.oneof(
        { weight: 40, arbitrary: targets.map((target) => get(target, form)) },
        { weight: 4, arbitrary: plain },
        { weight: 2, arbitrary: altered },
        { weight: 1, arbitrary: odd }
      ),
      { minLength: 1, maxLength: 20, size: 'max' }
    )
  )

/** The same bytes in other pieces: by messages, two of them together after the first, or cut anywhere. */
const script = fc
  .tuple(
    messages,
    fc.array(fc.nat(), { maxLength: 6, size: 'max' }),
    fc.constantFrom('each', 'each', 'each', 'pairs', 'cut'),
    fc.option(fc.nat(), { freq: 8 })
  )
  .map(([list, cuts, kind, flip]) => {
    const bytes = Buffer.from(list.join(''), 'latin1')
    if (flip !== null) bytes[flip % bytes.length] = flip & 0xff
    const places =
      kind === 'cut'
        ? [list[0]!.length, ...cuts.map((cut) => cut % bytes.length)]
        : ends(list, kind === 'pairs' ? 2 : 1)
    return pieces(bytes, places)
  })

function ends(list: readonly string[], step: number): number[] {
  let at = 0
  return list.flatMap((message, i) => {
    at += message.length
    return i % step === 0 ? [at] : []
  })
}

function pieces(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set([0, ...places, bytes.length])].sort((a, b) => a - b)
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
}

async function pair(t: Test, how: { tls?: 'tls' }): Promise<[LaneServer, LaneServer]> {
  const both: [LaneServer, LaneServer] = [
    await LaneServer.start(t, 'with', how),
    await LaneServer.start(t, 'without', how)
  ]
  for (const server of both) {
    server.store(playlist, Buffer.from('#EXTM3U\n'.repeat(100)))
    server.store(small, packets(10))
    server.store(large, packets(600, 7))
    server.store(missing, Buffer.from('404 page not found\n'), 404)
    server.store(status, Buffer.from('{"online":true}'))
    server.store('/', Buffer.from('<title>b'), 200, 'identity b.example')
  }
  return both
}

/** Where node:http gives up a connection, it may do so before or after its last answers have been sent. */
function isAlike(one: Exchanged, other: Exchanged): boolean {
  if (one.isRefused || other.isRefused)
    return one.text.startsWith(other.text) || other.text.startsWith(one.text)
  return one.text === other.text && JSON.stringify(one.notes) === JSON.stringify(other.notes)
}

function differenceOf(one: Exchanged, other: Exchanged): string {
  let at = 0
  while (one.text[at] === other.text[at] && at < one.text.length) at++
  const around = ({ text, isRefused, notes }: Exchanged): string =>
    `${isRefused} ${text.length} …${JSON.stringify(text.slice(Math.max(0, at - 100), at + 100))}\n${JSON.stringify(notes)}`
  return `from byte ${at}\nwith the lane    ${around(one)}\nwithout the lane ${around(other)}`
}

async function compare(t: Test, how: { tls?: 'tls' }, runs: number): Promise<void> {
  const [fast, ordinary] = await pair(t, how)
  let requests = 0
  await fc.assert(
    fc.asyncProperty(script, async (chunks) => {
      const one = await exchange(fast, chunks)
      const other = await exchange(ordinary, chunks)
      requests += ordinary.accesses.length
      if (!isAlike(one, other)) throw new Error(differenceOf(one, other))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? runs), seed: Number(process.env.FUZZ_SEED ?? 20260101) }
  )
  t.ok(fast.parsed < ordinary.parsed * 0.8, 'and many without being parsed')
  t.ok(requests > runs)
}

test('with the lane and without it, any bytes in any pieces are answered byte for byte alike', (t) =>
  compare(t, {}, 300))

test('and so they are over TLS, where large bodies go in steps', (t) => compare(t, { tls: 'tls' }, 150))
