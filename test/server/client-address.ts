import type { IncomingMessage } from 'node:http'
import { test } from 'tap'
import { Trust } from '../../src/server/client-address.ts'

/** A request from that peer, with that X-Forwarded-For. */
function from(
  peer: string | undefined,
  forwardedFor?: string,
  more: Record<string, string> = {}
): IncomingMessage {
  const headers = { ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }), ...more }
  return { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage
}

test('without trusted proxies only the connection counts', async (t) => {
  const trust = new Trust([])
  const cases: [string | undefined, string | undefined, string][] = [
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '6.6.6.6', '203.0.113.9'],
    ['::ffff:203.0.113.9', '6.6.6.6', '203.0.113.9'],
    ['::ffff:cb00:7109', undefined, '203.0.113.9'],
    ['2001:DB8::1', undefined, '2001:db8::1'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
    [undefined, '6.6.6.6', '']
  ]
  for (const [peer, said, address] of cases)
    t.equal(trust.addressOf(from(peer, said)), address, `${peer} ${said}`)
})

test('addresses and networks of both families can be trusted', async (t) => {
  const trust = new Trust(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::5'])
  const trusted = ['10.0.0.1', '10.255.255.255', '192.0.2.7', 'fd12::1', '2001:db8::5', '::ffff:10.1.1.1']
  const others = ['11.0.0.1', '192.0.2.8', 'fe80::1', '2001:db8::6', '', '::ffff:11.0.0.1']
  for (const peer of trusted) t.equal(trust.addressOf(from(peer, '203.0.113.9')), '203.0.113.9', peer)
  for (const peer of others) t.not(trust.addressOf(from(peer, '203.0.113.9')), '203.0.113.9', peer)
})

test('trusted proxies behind one another are passed over, from the right', async (t) => {
  const trust = new Trust(['10.0.0.0/8'])
  const cases: [string, string][] = [
    ['203.0.113.9, 10.0.0.2, 10.0.0.3', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.9', '10.0.0.9'],
    ['6.6.6.6, rubbish, 10.0.0.2', '10.0.0.2'],
    [', ,203.0.113.9', '203.0.113.9']
  ]
  for (const [said, address] of cases) t.equal(trust.addressOf(from('10.0.0.1', said)), address, said)
})

test('https is believed of a trusted proxy and of the connection itself', async (t) => {
  const trust = new Trust(['10.0.0.1'])
  const said = { 'x-forwarded-proto': 'https' }
  t.equal(trust.schemeOf(from('10.0.0.1', undefined, said)), 'https')
  t.equal(trust.schemeOf(from('10.0.0.2', undefined, said)), 'http')
  t.equal(trust.schemeOf(from('10.0.0.1', undefined, { 'x-forwarded-proto': 'javascript' })), 'http')
  const encrypted = { socket: { remoteAddress: '10.0.0.2', encrypted: true }, headers: {} }
  t.equal(trust.schemeOf(encrypted as unknown as IncomingMessage), 'https')
})

test('the visitor of a connection is known again, until it says something else', async (t) => {
  const trust = new Trust(['10.0.0.1'])
  const socket = { remoteAddress: '10.0.0.1' }
  const request = (headers: Record<string, string>) => ({ socket, headers }) as unknown as IncomingMessage
  const first = trust.visitorOf(request({ 'user-agent': 'a', 'x-forwarded-for': '1.1.1.1' }))
  t.same(first, { address: '1.1.1.1', userAgent: 'a' })
  t.equal(trust.visitorOf(request({ 'user-agent': 'a', 'x-forwarded-for': '1.1.1.1' })), first)
  t.same(trust.visitorOf(request({ 'user-agent': 'a', 'x-forwarded-for': '2.2.2.2' })), {
    address: '2.2.2.2',
    userAgent: 'a'
  })
  t.same(trust.visitorOf(request({})), { address: '10.0.0.1', userAgent: undefined })
})
