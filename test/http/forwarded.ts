import fc from 'fast-check'
import { test } from 'tap'
import { clientAddress, isSpoofable, unmapped, withoutSpoofable } from '../../src/http/forwarded.ts'

test('an address is told in the one form that bans are compared in', async (t) => {
  const table: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['::ffff:a:b', '0.10.0.11'],
    ['2001:DB8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.1%2', '192.0.2.1'],
    ['::1', '::1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.1']
  ]
  for (const [address, told] of table) t.equal(unmapped(address), told, address)
})

const proxies = new Set(['10.0.0.1', '10.0.0.2', '2001:db8::a'])
const seen = (peer: string, forwardedFor?: string) => clientAddress(peer, forwardedFor, (a) => proxies.has(a))

test('a client that is no trusted proxy cannot choose its address', async (t) => {
  t.equal(seen('192.0.2.9', '198.51.100.1'), '192.0.2.9')
  t.equal(seen('::ffff:192.0.2.9', '10.0.0.1'), '192.0.2.9')
})

test('through trusted proxies the nearest address that is not one of them is the client', async (t) => {
  t.equal(seen('10.0.0.1', '192.0.2.9'), '192.0.2.9')
  t.equal(
    seen('10.0.0.1', '6.6.6.6, 192.0.2.9, 10.0.0.2'),
    '192.0.2.9',
    'what the client claimed comes before it'
  )
  t.equal(seen('::ffff:10.0.0.1', '6.6.6.6,192.0.2.9,2001:DB8::A'), '192.0.2.9')
  t.equal(seen('10.0.0.1', '10.0.0.2'), '10.0.0.2', 'a trusted one on its own')
  t.equal(seen('10.0.0.1'), '10.0.0.1')
  t.equal(seen('10.0.0.1', ' , '), '10.0.0.1')
  t.equal(seen('10.0.0.1', '", 192.0.2.9'), '192.0.2.9', 'a lone quote hides nobody')
})

test('ports, brackets and quotes are taken off', async (t) => {
  t.equal(seen('10.0.0.1', '192.0.2.9:4711'), '192.0.2.9')
  t.equal(seen('10.0.0.1', '[2001:db8::9]:4711'), '2001:db8::9')
  t.equal(seen('10.0.0.1', '[2001:db8::9]'), '2001:db8::9')
  t.equal(seen('10.0.0.1', '"[2001:db8::9]:4711"'), '2001:db8::9')
  t.equal(seen('10.0.0.1', '2001:db8::9'), '2001:db8::9')
  t.equal(seen('10.0.0.1', '::ffff:192.0.2.9'), '192.0.2.9')
})

test('what is no address ends the walk at the last good one', async (t) => {
  for (const garbage of [
    'unknown',
    '_hidden',
    '1.2.3',
    '999.1.1.1',
    '[::1',
    '1.2.3.4:x',
    'a"b',
    '<script>',
    '1.2.3.4 5'
  ])
    t.equal(seen('10.0.0.1', `192.0.2.9, ${garbage}, 10.0.0.2`), '10.0.0.2', garbage)
})

test('whatever a client sends, the address is one', async (t) => {
  fc.assert(fc.property(fc.string(), (text) => /^[\da-f.:]+$/.test(seen('10.0.0.1', text))))
  fc.assert(fc.property(fc.string(), (text) => seen('192.0.2.9', text) === '192.0.2.9'))
  t.pass()
})

test('a client may not say what only a proxy can know', async (t) => {
  const refused = [
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'x-forwarded-user',
    'x-forwarded',
    'x-real-ip',
    'cf-connecting-ip',
    'true-client-ip',
    'x-original-url',
    'x-rewrite-url',
    'x-host',
    'x-client-ip'
  ]
  for (const name of refused) t.equal(isSpoofable(name), true, name)
  for (const name of [
    'x-requested-with',
    'via',
    'origin',
    'referer',
    'host',
    'authorization',
    'cookie',
    'user-agent',
    'x-for'
  ])
    t.equal(isSpoofable(name), false, name)
  t.same(
    withoutSpoofable(['X-Forwarded-For', '1', 'Accept', '*/*', 'X-REAL-IP', '2', 'x-forwarded-for', '3']),
    ['Accept', '*/*']
  )
})
