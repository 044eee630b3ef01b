import { once } from 'node:events'
import type { ClientHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import type { Bytes } from '../../src/cache.ts'
import type { Edge } from '../../src/edge.ts'
import { requestBytes } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { type SecureEdge, secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { answerOn, askTls, connectTls, Http2Client, headOn } from '../fixtures/tls-client.ts'
import { until } from '../fixtures/until.ts'

const target = '/hls/0/stream-abcdefghi-1.ts'
const viewers = 8
/** More than the kernel keeps for a connection of which nobody reads the other end. */
const body = packets(120_000)

async function stage(t: Test, ...flags: string[]): Promise<{ origin: ScriptedOrigin; edge: SecureEdge }> {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, flags)
  origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], body))
  await askTls(edge.address, target, { ca: edge.authority.pem })
  return { origin, edge }
}

/** A line to the edge that carries nothing towards the viewer any more once it is clogged. */
class Line {
  address = ''
  #fromEdge: Socket | undefined

  static async to(t: Test, edge: Edge): Promise<Line> {
    const line = new Line()
    const server = createServer((viewer) => {
      const toEdge = connect(Number(new URL(edge.address).port), '127.0.0.1')
      line.#fromEdge = toEdge
      viewer.pipe(toEdge)
      toEdge.on('data', (bytes) => viewer.write(bytes))
      for (const socket of [viewer, toEdge]) socket.on('error', () => {})
      viewer.on('close', () => toEdge.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    line.address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    return line
  }

  clog(): void {
    this.#fromEdge?.pause()
  }
}

/** What the edge has handed to TLS by the time at which it hands over nothing more. */
async function handedOver(edge: Edge): Promise<Bytes> {
  for (let before = -1; before !== edge.read().bytesOut; ) {
    before = edge.read().bytesOut
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return edge.read().bytesOut
}

test('viewers over TLS who do not read have no copy of a whole body each made for them', async (t) => {
  const { edge } = await stage(t)
  const before = edge.read().bytesOut
  for (let i = 0; i < viewers; i++) {
    const line = await Line.to(t, edge)
    const socket = await connectTls(line.address, { ca: edge.authority.pem })
    t.teardown(() => socket.destroy())
    line.clog()
    socket.write(requestBytes(target))
  }
  const each = ((await handedOver(edge)) - before) / viewers
  t.ok(each > 0 && each < body.length / 2, `${each} bytes`)
})

test('viewers over HTTP/2 who do not read have no copy of a whole body each made for them', async (t) => {
  const { edge } = await stage(t)
  const before = edge.read().bytesOut
  for (let i = 0; i < viewers; i++) {
    const line = await Line.to(t, edge)
    const settings = { initialWindowSize: 2 ** 26 }
    const client = await Http2Client.to(line.address, { ca: edge.authority.pem, settings })
    t.teardown(() => client.close())
    client.session.setLocalWindowSize(2 ** 26)
    const stream = client.begin(target)
    stream.on('error', () => {})
    await headOn(stream)
    line.clog()
  }
  const each = ((await handedOver(edge)) - before) / viewers
  t.ok(each > 0 && each < body.length / 2, `${each} bytes`)
})

/** The body on a stream; with `later`, nobody reads before that. */
async function bodyOn(stream: ClientHttp2Stream, later: Promise<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = []
  await later
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

test('no viewer gets bytes of another body, however slow it reads and however small the cache is', async (t) => {
  const { origin, edge } = await stage(t, '--cache-size', '1MB')
  const bodies = Array.from({ length: 12 }, (_, i) => packets(4000, i))
  const targetOf = (i: number): string => `/hls/0/stream-abcdefghi-${i + 100}.ts`
  for (const [i, media] of bodies.entries())
    origin.on(targetOf(i), (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], media))
  const connecting = [1, 2, 3].map(() => Http2Client.to(edge.address, { ca: edge.authority.pem }))
  const [first, ...slow] = await Promise.all(connecting)
  for (const client of [first!, ...slow]) t.teardown(() => client.close())
  const quick = bodies.map((media, i) =>
    answerOn(first!.begin(targetOf(i))).then(({ body: all }) => all.equals(media))
  )
  const late = slow.flatMap((client) =>
    bodies.map((media, i) =>
      bodyOn(client.begin(targetOf(i)), Promise.all(quick)).then((all) => all.equals(media))
    )
  )
  t.same(await Promise.all([...quick, ...late]), Array(36).fill(true))
  await until('nothing is held beyond the cache', () => edge.read().heldBytes <= 1e6)
})
