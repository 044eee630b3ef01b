import { test } from 'tap'
import { Accounts } from '../../../src/server/limits/accounts.ts'

const nobody = (): boolean => false

test('those behind one address share an account, a household of IPv6 too', (t) => {
  const accounts = new Accounts(nobody)
  t.equal(accounts.of('203.0.113.7'), accounts.of('203.0.113.7'))
  t.not(accounts.of('203.0.113.7'), accounts.of('203.0.113.8'))
  t.equal(accounts.of('2001:db8::1'), accounts.of('2001:db8::2'))
  const visitor = { address: '203.0.113.7', userAgent: undefined }
  t.equal(accounts.ofVisitor(visitor), accounts.of('203.0.113.7'))
  t.ok(accounts.of('203.0.113.7').isLimited)
  t.end()
})

test('nothing is limited behind trusted proxies and on one’s own network', (t) => {
  const accounts = new Accounts((address) => address === '203.0.113.1')
  for (const address of ['203.0.113.1', '127.0.0.1', '192.168.1.7', '::1'])
    t.notOk(accounts.of(address).isLimited, address)
  t.equal(accounts.size, 0)
  t.end()
})

test('who takes nothing any more is forgotten, and who is still connected is not', (t) => {
  const accounts = new Accounts(nobody)
  const now = 1e12
  accounts.of('203.0.113.1').requests.take(now, 10)
  accounts.of('203.0.113.2').connections++
  accounts.of('203.0.113.3').tunnels++
  accounts.of('203.0.113.4').originRequests.take(now, 10)
  accounts.sweep(now + 1000)
  t.equal(accounts.size, 4)
  accounts.sweep(now + 10_000)
  t.equal(accounts.size, 2)
  t.equal(accounts.of('203.0.113.2').connections, 1)
  t.end()
})

test('a million addresses do not make a million accounts', (t) => {
  const accounts = new Accounts(nobody)
  for (let i = 0; i < 200_000; i++) accounts.of(`2001:db8:${(i >> 12).toString(16)}:${i.toString(16)}::1`)
  t.equal(accounts.size, 50_000)
  t.end()
})
