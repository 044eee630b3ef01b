import { test } from 'tap'
import { amount, inPlainWords, nameOf, span } from '../../src/log/plain-words.ts'

test('codes of the system become words, and what is not known stays as it is', (t) => {
  t.match(inPlainWords('ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1'), /refuses connections/)
  t.match(inPlainWords('getaddrinfo ENOTFOUND nowhere.example'), /cannot be resolved/)
  t.match(
    inPlainWords('UND_ERR_CONNECT_TIMEOUT: Connect Timeout Error'),
    /does not accept connections in time/
  )
  t.match(inPlainWords('UND_ERR_HEADERS_TIMEOUT: Headers Timeout Error'), /connected but silent/)
  t.match(inPlainWords('UND_ERR_SOCKET: other side closed'), /closed the connection/)
  t.match(inPlainWords('HPE_INVALID_CONSTANT: Parse Error'), /does not speak HTTP/)
  t.match(inPlainWords('ERR_SSL_WRONG_VERSION_NUMBER: wrong version number'), /does not speak TLS/)
  t.match(inPlainWords('DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate'), /not from a known authority/)
  t.equal(inPlainWords('a half-written segment'), 'a half-written segment')
  t.end()
})

test('amounts, times and kinds are said as people say them', (t) => {
  t.same([0, 999, 1000, 12_345, 1_234_567, 56_000_000, 3.2e9].map(amount), [
    '0 B',
    '999 B',
    '1.0 kB',
    '12 kB',
    '1.2 MB',
    '56 MB',
    '3.2 GB'
  ])
  t.same([0.4, 340, 2400, 61_000, 180_000, 7_200_000].map(span), [
    '0 ms',
    '340 ms',
    '2.4 s',
    '61 s',
    '3 min',
    '2 h'
  ])
  t.equal(nameOf('media-playlist'), 'a playlist')
  t.equal(nameOf('whatever'), 'something')
  t.end()
})
