import { test } from 'tap'
import { BlockPool, Body } from '../../src/body.ts'
import type { StoredResponse } from '../../src/cache.ts'
import { Coder } from '../../src/keeper/coder.ts'

test('a body that is stored again while it is compressed is compressed once, and nothing of it is left at its end', async (t) => {
  const pool = new BlockPool(1e6)
  const body = Body.of(pool, Buffer.from('#EXTINF:2,\nstream-abcdefghi-1.ts\n'.repeat(100)))
  const fields = ['Content-Type', 'application/vnd.apple.mpegurl']
  const response = { status: 200, fields, length: body.length, body } as unknown as StoredResponse
  const coder = new Coder(pool)
  await Promise.all([coder.code(response), coder.code(response)])
  await coder.code(response)
  t.ok((body.codings?.br?.length ?? body.length) < body.length)
  t.ok((body.codings?.gzip?.length ?? body.length) < body.length)
  body.release()
  t.equal(pool.held, 0)
})
