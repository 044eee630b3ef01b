import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { Intake } from '../../src/keeper/intake.ts'

/** Bytes of which no two stretches are alike. */
const bytes = Buffer.alloc(3_000_000)
for (let i = 0; i + 4 <= bytes.length; i += 4) bytes.writeUInt32LE(i, i)

/** A connection that reads into an intake, and the other end of it. */
async function pair(t: Test): Promise<{ reader: Socket; writer: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const intake = new Intake()
  const { port } = server.address() as AddressInfo
  const reader = connect({ port, host: '127.0.0.1', onread: intake.onread })
  intake.serve([null, reader])
  const [writer] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    for (const socket of [reader, writer]) socket.destroy()
    server.close()
  })
  return { reader, writer }
}

test('what is read at once comes into the same memory over and over', async (t) => {
  const { reader, writer } = await pair(t)
  const memory = new Set<ArrayBufferLike>()
  const pieces: Buffer[] = []
  let large = 0
  reader.on('readable', () => {
    for (let piece = reader.read(); piece !== null; piece = reader.read()) {
      pieces.push(Buffer.from(piece))
      if (piece.length < 16_384) continue
      memory.add(piece.buffer)
      large++
    }
  })
  for (let i = 0; i < 10; i++) writer.write(bytes)
  writer.end()
  await once(reader, 'end')
  t.ok(Buffer.concat(pieces).equals(Buffer.concat(Array(10).fill(bytes))))
  t.ok(large > 20)
  t.ok(memory.size <= 2, `${memory.size} buffers for ${large} reads`)
})

test('what is not read, or put back, stays as it came', async (t) => {
  const { reader, writer } = await pair(t)
  writer.end(bytes)
  const pieces: Buffer[] = []
  let count = 0
  reader.on('readable', () => {
    const piece = reader.read() as Buffer | null
    if (piece === null) return
    count++
    // As undici does where it was told to wait: the rest comes again later.
    const taken = count % 3 === 0 ? Math.floor(piece.length / 3) : piece.length
    pieces.push(Buffer.from(piece.subarray(0, taken)))
    if (taken < piece.length) reader.unshift(piece.subarray(taken))
    if (count % 4 === 0) {
      const more = reader.listeners('readable')
      reader.removeAllListeners('readable')
      setImmediate(() => {
        for (const listener of more) reader.on('readable', listener as () => void)
        ;(more[0] as () => void)()
      })
    }
  })
  await once(reader, 'end')
  t.ok(Buffer.concat(pieces).equals(bytes))
})

test('a small read is nobody else’s memory, as long as it is kept', async (t) => {
  const { reader, writer } = await pair(t)
  const kept: Buffer[] = []
  reader.on('readable', () => {
    for (let piece = reader.read(); piece !== null; piece = reader.read()) kept.push(piece)
  })
  for (let i = 0; i < 5; i++) {
    writer.write(`piece ${i}`)
    await once(reader, 'readable')
  }
  t.same(
    kept.map(String),
    [0, 1, 2, 3, 4].map((i) => `piece ${i}`)
  )
})
