import { test } from 'tap'
import { abusedEdge, media, playlist, scale, segment } from '../fixtures/abused.ts'
import { readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import type { Wire } from '../fixtures/wire.ts'

const MB = 1e6
const times = async <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = []
  // Some at a time: more would only wait in this process.
  for (let i = 0; i < count; i += 50)
    made.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => make(i + j)))))
  return made
}

test('slowloris: a thousand heads that never end are ended, and the viewer notices nothing', async (t) => {
  const edge = await abusedEdge(t, ['--head-timeout', '1s'])
  const count = 1000 * scale
  const wires = await times(count, () => edge.connect())
  for (const wire of wires) wire.write('GET / HTTP/1.1\r\nHost: a\r\n')
  // A line now and then, so that no connection is ever silent.
  const dripping = setInterval(() => {
    for (const wire of wires) if (!wire.hasEnded) wire.write('X: y\r\n')
  }, 250)
  t.teardown(() => clearInterval(dripping))
  await edge.proveUnharmed('slowloris, at its height', count * 60_000)
  const answers = await Promise.all(wires.map((wire) => readAnswer(wire).catch(() => undefined)))
  clearInterval(dripping)
  t.ok(answers.every((answer) => answer === undefined || answer.status === 408))
  t.ok(answers.some((answer) => answer?.status === 408))
  await edge.downTo(1)
  await edge.proveUnharmed('slowloris, after it', count * 60_000)
})

test('readers who do not read share one body, however many they are', async (t) => {
  const edge = await abusedEdge(t)
  const count = 200 * scale
  const wires = await times(count, async () => {
    const wire = await edge.connect()
    wire.write(requestBytes(segment))
    await readAnswerHead(wire)
    wire.socket.pause()
    return wire
  })
  t.equal(await edge.metric('connections'), count + 1)
  await edge.proveUnharmed('readers who do not read', 60 * MB + count * 60_000)
  t.ok((await edge.metric('held_bytes')) < 2 * media.length, 'not a copy each')
  const [first] = wires as [Wire]
  first.socket.resume()
  t.ok((await first.read(media.length)).equals(media), 'and whoever goes on reading gets every byte')
})

test('a flood of connections fills what there is room for, and whoever watches goes on', async (t) => {
  const edge = await abusedEdge(t, ['--max-connections', '300', '--head-timeout', '2s'])
  const count = 2000 * scale
  const wires = await times(count, async () => edge.connect().catch(() => undefined))
  const most = await edge.metric('connections')
  t.ok(most <= 300, `${most} connections`)
  await edge.proveUnharmed('a flood of connections', 60 * MB)
  await edge.reaches('limits_met_total{limit="too-many-connections"}', count / 2)
  // Those inside say nothing, and are ended; then there is room again.
  await Promise.all(wires.map((wire) => wire?.ended))
  await edge.downTo(1)
  const newcomer = await edge.connect()
  newcomer.write(requestBytes(segment))
  t.equal((await readAnswer(newcomer)).status, 200)
})

test('half-open connections, of whichever half, are ended', async (t) => {
  const edge = await abusedEdge(t, ['--head-timeout', '1s', '--idle-timeout', '2s'])
  const count = 250 * scale
  const halves: Record<string, (wire: Wire) => void> = {
    'says nothing': () => {},
    'ends before a request': (wire) => wire.socket.end(),
    'ends within a head': (wire) => wire.socket.end('GET / HTTP/1.1\r\nHo'),
    'asks, ends and stays': (wire) => wire.socket.end(requestBytes(playlist))
  }
  const opened = await Promise.all(
    Object.values(halves).map((half) =>
      times(count, async () => {
        const wire = await edge.connect()
        half(wire)
        return wire
      })
    )
  )
  await edge.proveUnharmed('half-open connections', 60 * MB + 4 * count * 60_000)
  await edge.downTo(1)
  const [, , , asked] = opened as [Wire[], Wire[], Wire[], Wire[]]
  const answers = await Promise.all(asked.map((wire) => readAnswer(wire)))
  t.ok(
    answers.every(({ status, isComplete }) => status === 200 && isComplete),
    'who asked was answered first'
  )
})

test('targets without end leave nothing behind', async (t) => {
  const edge = await abusedEdge(t, ['--cache-size', '16MB'])
  edge.origin.on(/flood-/, (exchange) => exchange.answer(404))
  const small = '/hls/0/stream-abcdefghi-9.ts'
  edge.origin.on(small, (exchange) => exchange.answer(200, [], packets(1)))
  edge.origin.on(/thumbnail/, (exchange) => exchange.answer(200, [], 'picture'))
  const count = 4000 * scale
  const kinds: Record<string, (i: number) => string> = {
    'queries of a segment': (i) => `${small}?x=${i}`,
    'queries of a picture': (i) => `/thumbnail.jpg?t=${i}`,
    'segments that do not exist': (i) => `/hls/0/stream-floodflood-${i}.ts`,
    'pages that do not exist': (i) => `/flood-${i}`
  }
  const wires = await times(32, () => edge.connect())
  /** Each connection asks for its share, one after the other. */
  const flood = async (target: (i: number) => string, from: number, to: number): Promise<void> => {
    const share = async (wire: Wire, first: number): Promise<void> => {
      for (let i = first; i < to; i += wires.length) {
        wire.write(requestBytes(target(i), { fields: ['User-Agent', 'flood'] }))
        await readAnswer(wire)
      }
    }
    await Promise.all(wires.map((wire, i) => share(wire, from + i)))
  }
  for (const target of Object.values(kinds)) await flood(target, 0, count / 4)
  const stored = await edge.metric('stored_responses')
  const before = await edge.metric('stored_bytes')
  for (const [what, target] of Object.entries(kinds)) {
    await flood(target, count / 4, count)
    await edge.proveUnharmed(`${count} ${what}`, 120 * MB)
  }
  t.ok((await edge.metric('stored_responses')) <= Math.max(stored, 3), 'nothing of them is stored')
  t.ok((await edge.metric('stored_bytes')) <= before)
  t.equal(edge.origin.count(/abcdefghi-9/), 1, 'a query is no other segment')
})

test('heads of ten thousand lines are refused, whole or in pieces', async (t) => {
  for (const flags of [[], ['--max-head-size', '1000KB']]) {
    const edge = await abusedEdge(t, flags)
    const lines = Array.from({ length: 10_000 }, (_, i) => `x${i}: y\r\n`).join('')
    const head = Buffer.from(`GET ${segment} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)
    const statuses = await times(40 * scale, async (i) => {
      const wire = await edge.connect()
      if (i % 2 === 0) wire.write(head)
      else
        for (let at = 0; at < head.length && !wire.hasEnded; at += 1000) {
          wire.write(head.subarray(at, at + 1000))
          await new Promise((resolve) => setImmediate(resolve))
        }
      return (await readAnswer(wire).catch(() => undefined))?.status
    })
    t.ok(
      statuses.every((status) => status === undefined || status === 431),
      `${[...new Set(statuses)]}`
    )
    t.ok(statuses.includes(431))
    await edge.proveUnharmed(`heads of ten thousand lines ${flags}`, 100 * MB)
  }
})

test('requests of one connection leave nothing behind, pipelined or in ever new forms', async (t) => {
  const edge = await abusedEdge(t)
  edge.origin.on(/^\/page/, (exchange) => exchange.answer(200, [], 'page'))
  const [pipelining, varying] = [await edge.connect(), await edge.connect()]
  for (let i = 0; i < 16_000 * scale; i += 20) {
    const batch = Array.from({ length: 20 }, (_, j) => requestBytes(`/page/${i + j}`))
    pipelining.write(Buffer.concat(batch))
    for (const _ of batch) await readAnswer(pipelining)
    for (let j = 0; j < 20; j++) {
      varying.write(requestBytes(segment, { method: 'HEAD', fields: ['X-Forwarded-For', `10.0.0.${i + j}`] }))
      await readAnswer(varying, 'HEAD')
    }
  }
  // 50 MB; 160 to 220 where each request stays until its connection ends.
  await edge.proveUnharmed('requests of one connection', 110 * MB)
})
