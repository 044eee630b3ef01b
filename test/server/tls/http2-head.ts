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

test('the head of the same fields is made once, and anew for another status', async (t) => {
  const fields = ['Content-Type', 'a/b']
  t.equal(http2Head(200, fields), http2Head(200, fields))
  t.equal(http2Head(206, fields)[':status'], 206)
  t.equal(http2Head(200, fields)[':status'], 200)
})
