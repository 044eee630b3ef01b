import { test } from 'tap'
import { http2Head } from '../../../src/server/tls/http2-head.ts'

test('names are in lower case, lines of one field in one list, and fields of a connection left out', async (t) => {
  const fields = [
    'Content-Type',
    'a/b',
    'Set-Cookie',
    'a',
    'Connection',
    'close',
    'SET-COOKIE',
    'b',
    'set-cookie',
    'c'
  ]
  t.same(http2Head(200, fields), { ':status': 200, 'content-type': 'a/b', 'set-cookie': ['a', 'b', 'c'] })
})

test('what Node would throw at is not in it', async (t) => {
  t.same(http2Head(99, ['ETag', 'a', 'etag', 'b', ':path', '/', 'TE', 'x', 'Upgrade', 'h2c']), {
    ':status': 502,
    etag: 'a, b'
  })
  for (const status of [100, 199, 600, 999]) t.equal(http2Head(status, [])[':status'], 502)
  for (const status of [200, 304, 404, 599]) t.equal(http2Head(status, [])[':status'], status)
})

test('the head of the same fields is made once, and anew for another status', async (t) => {
  const fields = ['Content-Type', 'a/b']
  t.equal(http2Head(200, fields), http2Head(200, fields))
  t.equal(http2Head(206, fields)[':status'], 206)
  t.equal(http2Head(200, fields)[':status'], 200)
})
