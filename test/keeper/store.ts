import { test } from 'tap'
import { BlockPool, Body } from '../../src/body.ts'
import type { StoredResponse } from '../../src/cache.ts'
import { Store } from '../../src/keeper/store.ts'
import { route } from '../../src/policy.ts'

const found = route('/logo', undefined)
if (found.kind !== 'stored') throw new Error('the logo is not stored any more')
const { rule } = found
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

function setUp(limit: number) {
  const pool = new BlockPool(0)
  const store = new Store(pool, limit)
  const response = (key: string, size: number, more: Partial<StoredResponse> = {}): StoredResponse => {
    const body = Body.of(pool, Buffer.alloc(size, key))
    const times = { bornAt: 0, freshUntil: 1000, revalidateUntil: 2000, staleUntil: 3000 }
    const head = { status: 200, fields: [], etag: undefined, lastModified: undefined, date: undefined }
    return { key, rule, body, length: size, ...head, ...times, ...more }
  }
  const put = (key: string, size: number, more: Partial<StoredResponse> = {}): void =>
    store.put(response(key, size, more))
  return { pool, store, response, put }
}

test('what was read least recently is dropped first, and only as much as must be', async (t) => {
  const { store, put, pool } = setUp(100_000)
  for (const key of ['a', 'b', 'c', 'd']) put(key, 20_000)
  store.read('a')
  store.read('b')
  put('e', 30_000)
  t.same(
    ['a', 'b', 'c', 'd', 'e'].map((key) => store.peek(key) !== undefined),
    [true, true, false, true, true]
  )
  t.equal(store.evictions, 1)
  await turn()
  t.equal(pool.held, 90_000)
  put('f', 60_000)
  t.same(
    ['a', 'b', 'd', 'e', 'f'].map((key) => store.peek(key) !== undefined),
    [false, false, false, true, true],
    'd had not been read, then a and b had to go'
  )
})

test('a look that is no use does not keep anything', async (t) => {
  const { store, put } = setUp(50_000)
  put('a', 20_000)
  put('b', 20_000)
  store.peek('a')
  put('c', 20_000)
  t.equal(store.peek('a'), undefined)
})

test('the accounts are right after everything that can happen to a response', async (t) => {
  const { store, put, pool } = setUp(1_000_000)
  put('a', 1000)
  put('a', 5000)
  await turn()
  t.equal(pool.held, 5000, 'replaced by another')
  t.equal(store.count, 1)
  store.renew({ ...(store.read('a') as StoredResponse), freshUntil: 9000 })
  await turn()
  t.equal(pool.held, 5000, 'the same body under a newer head')
  t.equal(store.read('a')?.freshUntil, 9000)
  put('a', 10, { status: 404 })
  await turn()
  t.same([pool.held, store.count, store.bytes], [10, 1, 0], 'a 404 in its place')
  put('a', 700)
  await turn()
  t.same([pool.held, store.count], [700, 1], 'and back')
  store.drop('a')
  store.drop('a')
  await turn()
  t.same([pool.held, store.count, store.bytes], [0, 0, 0], 'dropped')
})

test('whoever holds a body goes on reading it after it was dropped', async (t) => {
  const { store, put, pool } = setUp(50_000)
  put('a', 30_000)
  const body = store.read('a')?.body as Body
  body.hold()
  put('b', 30_000)
  await turn()
  t.equal(store.peek('a'), undefined)
  t.equal(body.text(), 'a'.repeat(30_000))
  t.equal(pool.held, 60_000)
  body.release()
  t.equal(pool.held, 30_000)
})

test('whoever was promised a body in this turn can still hold it', async (t) => {
  const { store, put } = setUp(50_000)
  put('a', 30_000)
  const body = store.read('a')?.body as Body
  store.drop('a')
  body.hold()
  await turn()
  t.equal(body.text().length, 30_000)
  body.release()
})

test('bodies that arrive count before they are stored', async (t) => {
  const { store, put, pool } = setUp(50_000)
  put('a', 20_000)
  put('b', 20_000)
  const arriving = new Body(pool)
  arriving.append(Buffer.alloc(1))
  store.makeRoom()
  t.equal(store.count, 0, 'a block of 64 KiB is more than there is')
  t.equal(store.evictions, 2)
  arriving.release()
})

test('missing things are remembered apart, a thousand of them', async (t) => {
  const { store, put } = setUp(50_000)
  put('kept', 40_000)
  for (let i = 0; i < 1500; i++) put(`missing ${i}`, 0, { status: 404 })
  t.equal(store.count, 1001)
  t.ok(store.peek('kept'))
  t.notOk(store.peek('missing 499'))
  t.ok(store.peek('missing 500'))
})

test('what can be of no use any more is swept out', async (t) => {
  const { store, put } = setUp(1_000_000)
  put('fresh', 10, { freshUntil: 5001, revalidateUntil: 0, staleUntil: 0 })
  put('may stand in', 10, { freshUntil: 0, revalidateUntil: 0, staleUntil: 5001 })
  put('may be sent meanwhile', 10, { freshUntil: 0, revalidateUntil: 5001, staleUntil: 0 })
  put('dead', 10, { freshUntil: 4000, revalidateUntil: 4999, staleUntil: 0 })
  put('missing', 10, { status: 404, freshUntil: 4000, revalidateUntil: 0, staleUntil: 0 })
  store.dropDead(5001)
  t.equal(store.count, 3)
  t.notOk(store.peek('dead') ?? store.peek('missing'))
})

test('a smaller limit drops at once what does not fit any more', async (t) => {
  const { store, put } = setUp(1_000_000)
  for (let i = 0; i < 10; i++) put(`${i}`, 60_000)
  store.limit(200_000)
  t.equal(store.count, 3)
  t.ok(store.peek('9'))
})

test('clearing leaves nothing', async (t) => {
  const { store, put, pool } = setUp(1_000_000)
  for (let i = 0; i < 10; i++) put(`${i}`, 90_000, { status: i % 2 === 0 ? 200 : 404 })
  store.clear()
  await turn()
  t.same([store.count, store.bytes, pool.held], [0, 0, 0])
})

test('what leaves is given back before anything else comes in, and after all that promises bring about', async (t) => {
  const { store, put, pool } = setUp(40_000)
  put('a', 20_000)
  const { body } = store.read('a') as StoredResponse
  put('b', 20_000)
  put('c', 20_000)
  let promised = Promise.resolve()
  for (let i = 0; i < 20; i++) promised = promised.then(() => {})
  await promised
  body.hold()
  body.release()
  await new Promise<void>((resolve) => process.nextTick(() => process.nextTick(resolve)))
  t.equal(pool.held, 20_000)
  t.throws(() => body.hold())
})
