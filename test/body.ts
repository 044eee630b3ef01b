import fc from 'fast-check'
import { test } from 'tap'
import { BlockPool, Body, blockSize, largeBlockSize } from '../src/body.ts'

const noise = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed * 7) & 0xff))

test('a body holds what was written to it, however it came and wherever it is read', async () => {
  const pieces = fc.array(fc.integer({ min: 0, max: 3 * blockSize }), { maxLength: 8 })
  const part = fc.tuple(fc.nat(), fc.nat())
  fc.assert(
    fc.property(
      pieces,
      fc.option(fc.nat(2 * blockSize)),
      fc.array(part, { maxLength: 5 }),
      (lengths, expected, parts) => {
        const pool = new BlockPool(0)
        const body = new Body(pool, expected ?? undefined)
        const written = Buffer.concat(lengths.map((length, i) => noise(length, i)))
        let at = 0
        for (const length of lengths) {
          body.append(written.subarray(at, at + length))
          at += length
        }
        if (body.length !== written.length || !Buffer.concat(body.views).equals(written)) return false
        const isRight = parts.every(([a, b]) => {
          const start = a % (written.length + 1)
          const end = start + (b % (written.length - start + 1))
          return Buffer.concat(body.slices(start, end)).equals(written.subarray(start, end))
        })
        body.release()
        return isRight && pool.held === 0
      }
    ),
    { numRuns: 100 }
  )
})

test('a body smaller than a block takes no more memory than its length', async (t) => {
  const pool = new BlockPool(blockSize)
  const body = Body.of(pool, Buffer.from('#EXTM3U\n'))
  t.equal(pool.held, 8)
  t.equal(body.size, 8)
  t.equal(body.text(), '#EXTM3U\n')
  body.release()
  t.equal(pool.held, 0)
})

test('blocks go back when the last holder has let go, not before', async (t) => {
  const pool = new BlockPool(10 * blockSize)
  const body = Body.of(pool, noise(3 * blockSize, 1))
  body.hold()
  body.hold()
  body.release()
  body.release()
  t.equal(pool.held, 3 * blockSize)
  t.ok(Buffer.concat(body.views).equals(noise(3 * blockSize, 1)))
  body.release()
  t.equal(pool.held, 0)
  t.throws(() => body.hold(), 'whoever reads after that is wrong')
})

test('blocks that nobody holds are used again, up to the limit', async (t) => {
  const pool = new BlockPool(2 * blockSize)
  const first = pool.take(blockSize)
  pool.give(first)
  t.equal(pool.take(blockSize), first)
  t.not(pool.take(blockSize), first, 'while it is held it is nobody else’s')
  const odd = pool.take(1000)
  pool.give(odd)
  t.not(pool.take(1000), odd, 'only whole blocks are kept')
})

test('a body of a known length is in few pieces, and takes hardly more memory for that', async (t) => {
  const pool = new BlockPool(2_000_000)
  const expected = 2_000_000
  const body = new Body(pool, expected)
  const piece = noise(50_000, 1)
  for (let at = 0; at < expected; at += piece.length) body.append(piece)
  t.ok(body.views.length <= 10, `${body.views.length} pieces`)
  t.ok(body.size - expected < blockSize)
  t.ok(body.slices(0, expected, blockSize).every(({ length }) => length <= blockSize))
  t.ok(Buffer.concat(body.slices(0, expected, blockSize)).equals(Buffer.concat(body.views)))
  body.release()
  t.equal(pool.held, 0)
})

test('blocks of both sizes are kept, together no more than the limit', async (t) => {
  const pool = new BlockPool(4 * blockSize)
  const [large, small, other] = [pool.take(largeBlockSize), pool.take(blockSize), pool.take(blockSize)]
  for (const block of [other, small, large]) pool.give(block)
  t.equal(pool.take(largeBlockSize), large)
  t.equal(pool.take(blockSize), small)
  t.not(pool.take(blockSize), other, 'there was no room for it')
  pool.give(large)
  pool.limit(0)
  t.not(pool.take(largeBlockSize), large)
})

test('views that were handed out stay right while the body grows', async (t) => {
  const body = new Body(new BlockPool(0))
  body.append(noise(100, 1))
  const before = body.views
  body.append(noise(blockSize, 2))
  t.ok(Buffer.concat(before).equals(noise(100, 1)))
  t.equal(Buffer.concat(body.views).length, 100 + blockSize)
  t.equal(body.views, body.views, 'and are made once')
  body.release()
})

test('what all have read can be given back; what is after it can still be read', async (t) => {
  const pool = new BlockPool(0)
  const body = new Body(pool)
  const written = noise(4 * blockSize, 3)
  body.append(written.subarray(0, 3 * blockSize))
  body.dropBefore(2 * blockSize + 5)
  t.equal(pool.held, blockSize, 'whole blocks only')
  body.append(written.subarray(3 * blockSize))
  const from = 2 * blockSize + 5
  t.ok(Buffer.concat(body.slices(from, 4 * blockSize)).equals(written.subarray(from)))
  body.release()
  t.equal(pool.held, 0)
})
