import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { test } from 'tap'
import { BlockPool, Body } from '../../src/body.ts'
import type { StoredResponse } from '../../src/cache.ts'
import { Coder } from '../../src/keeper/coder.ts'
import { resource } from '../../src/keeper/shared/kept.ts'

const text = 'a line that is said again and again\n'.repeat(50)
const plain = ['Content-Type', 'text/plain']

function stored(pool: BlockPool, content: string | Uint8Array, fields = plain, status = 200): StoredResponse {
  const body = Body.of(pool, Buffer.from(content as string))
  const times = { bornAt: 0, freshUntil: 1, revalidateUntil: 1, staleUntil: 1 }
  const validators = { etag: undefined, lastModified: undefined, date: undefined }
  return { key: '/a', rule: resource, status, fields, body, length: body.length, ...times, ...validators }
}

const bytesOf = (body: Body | undefined): Buffer => Buffer.concat(body?.views ?? [])

test('text has its codings once it is stored, and they go with it', async (t) => {
  const pool = new BlockPool(1e6)
  const response = stored(pool, text)
  await new Coder(pool).code(response)
  const { codings } = response.body
  t.equal(brotliDecompressSync(bytesOf(codings?.br)).toString(), text)
  t.equal(gunzipSync(bytesOf(codings?.gzip)).toString(), text)
  t.ok(response.body.size > text.length, 'they count')
  response.body.release()
  t.equal(pool.held, 0)
})

test('what is released while it is compressed leaves nothing', async (t) => {
  const pool = new BlockPool(1e6)
  const response = stored(pool, text)
  const coded = new Coder(pool).code(response)
  response.body.release()
  await coded
  t.equal(pool.held, 0)
})

test('what is no text, is compressed already, too short or not to be changed stays as it is', async (t) => {
  const pool = new BlockPool(1e7)
  const noise = Buffer.from(Array.from({ length: 2000 }, () => Math.floor(Math.random() * 256)))
  const cases: Record<string, StoredResponse> = {
    video: stored(pool, text, ['Content-Type', 'video/mp2t']),
    untyped: stored(pool, text, []),
    compressed: stored(pool, text, [...plain, 'Content-Encoding', 'gzip']),
    'not to be changed': stored(pool, text, [...plain, 'Cache-Control', 'max-age=1, no-transform']),
    short: stored(pool, 'short'),
    long: stored(pool, 'x'.repeat(3e6)),
    missing: stored(pool, text, plain, 404),
    noise: stored(pool, noise)
  }
  for (const [name, response] of Object.entries(cases)) {
    await new Coder(pool).code(response)
    t.equal(response.body.codings, undefined, name)
  }
})
