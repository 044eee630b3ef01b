import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { test } from 'tap'
import { Readers, takenBy } from '../../../src/server/limits/readers.ts'
import { until } from '../../fixtures/until.ts'

/** After how many seconds a reader is too slow who takes so many bytes in each; looked at every two. */
function patienceWith(readers: Readers, takes: (second: number) => number): number {
  const socket = new Socket()
  let taken = 0
  for (let second = 2; second <= 600; second += 2) {
    taken += takes(second) + takes(second - 1)
    if (readers.isTooSlow(socket, taken, true, 2000)) return second
  }
  return Number.POSITIVE_INFINITY
}

test('who takes nothing is too slow after half a minute, and who takes half of the least after a minute', (t) => {
  const readers = new Readers(4000)
  t.ok(Math.abs(patienceWith(readers, () => 0) - 32) <= 4)
  t.ok(Math.abs(patienceWith(readers, () => 2000) - 62) <= 4)
  t.end()
})

test('who takes the least is never too slow, nor is who catches up after a break', (t) => {
  const readers = new Readers(4000)
  t.equal(
    patienceWith(readers, () => 4000),
    Number.POSITIVE_INFINITY
  )
  t.equal(
    patienceWith(readers, (second) => (second % 25 < 20 ? 0 : 40_000)),
    Number.POSITIVE_INFINITY
  )
  t.end()
})

test('who has taken everything starts anew', (t) => {
  const readers = new Readers(4000)
  const socket = new Socket()
  for (let i = 0; i < 10; i++) {
    for (let second = 0; second < 28; second += 2) t.notOk(readers.isTooSlow(socket, i, true, 2000))
    readers.isTooSlow(socket, i, false, 2000)
  }
  t.end()
})

test('switched off, nobody is too slow', (t) => {
  t.equal(
    patienceWith(new Readers(Number.POSITIVE_INFINITY), () => 0),
    Number.POSITIVE_INFINITY
  )
  t.end()
})

test('what a connection has taken is known byte for byte while it takes it', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  client.pause()
  const size = 40_000_000
  socket.write(Buffer.alloc(size))
  let before = 0
  await until('the system takes no more', () => {
    const last = before
    before = takenBy(socket)
    return before > 0 && before === last
  })
  t.ok(before < size, `${before}`)
  t.equal(socket.writableLength, size, 'which Node does not tell')
  let read = 0
  client.on('data', (chunk) => {
    read += chunk.length
    if (read > 8_000_000 && read - chunk.length <= 8_000_000) client.pause()
  })
  client.resume()
  await until('it takes some more', () => takenBy(socket) > before && client.isPaused())
  t.ok(takenBy(socket) < size)
  client.resume()
  await until('it has taken all', () => takenBy(socket) === size)
})
