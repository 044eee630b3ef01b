import { test } from 'tap'
import { groupOf, isLocal } from '../../../src/server/limits/address-group.ts'

test('an IPv4 address stands for itself, an IPv6 address for its /64', (t) => {
  t.equal(groupOf('203.0.113.7'), '203.0.113.7')
  for (const address of [
    '2001:db8:0:1:2:3:4:5',
    '2001:db8:0:1::',
    '2001:db8:0:1::9',
    '2001:db8:0:1:ffff:ffff:ffff:ffff'
  ])
    t.equal(groupOf(address), '2001:db8:0:1', address)
  t.equal(groupOf('2001:db8::1'), '2001:db8:0:0')
  t.equal(groupOf('2001:db8::1:0:0:0:5'), '2001:db8:0:1')
  t.equal(groupOf('2001:db8:1::'), '2001:db8:1:0')
  t.equal(groupOf('::2:0:0:0:1'), '0:0:0:2')
  t.end()
})

test('addresses of containers, of carriers and of one’s own network are no addresses of the Internet', (t) => {
  const ours =
    '127.0.0.1 127.9.9.9 ::1 10.1.2.3 172.17.0.1 192.168.1.1 100.64.0.9 169.254.1.1 fd00::1 fe80::1'
  for (const address of ours.split(' ')) t.ok(isLocal(address), address)
  for (const address of '203.0.113.7 172.32.0.1 100.128.0.1 2001:db8::1'.split(' '))
    t.notOk(isLocal(address), address)
  t.end()
})
