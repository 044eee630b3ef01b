import fc from 'fast-check'
import { test } from 'tap'
import { readProxyHeader } from '../../../src/server/limits/proxy-header.ts'

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A header of version 2 with these addresses (and whatever follows them). */
function binary(command: number, family: number, rest: Buffer): Buffer {
  const head = Buffer.from([command, family, rest.length >> 8, rest.length & 255])
  return Buffer.concat([signature, head, rest])
}

const ipv4 = Buffer.from('cb007107c6336401dead01bb', 'hex')
const ipv6 = Buffer.from(`20010db8${'00'.repeat(11)}01${'20010db8'}${'00'.repeat(11)}02dead01bb`, 'hex')

test('the address of the client is taken from either version', (t) => {
  const cases: [Buffer, string | undefined][] = [
    [bytes('PROXY TCP4 203.0.113.7 198.51.100.1 56324 443\r\n'), '203.0.113.7'],
    [bytes('PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n'), '2001:db8::7'],
    [bytes('PROXY UNKNOWN\r\n'), undefined],
    [bytes('PROXY UNKNOWN ffff:f::f ffff:f::f 65535 65535\r\n'), undefined],
    [binary(0x21, 0x11, ipv4), '203.0.113.7'],
    [binary(0x21, 0x21, ipv6), '2001:db8::1'],
    [binary(0x20, 0x00, Buffer.alloc(0)), undefined],
    [binary(0x20, 0x11, ipv4), undefined],
    [binary(0x21, 0x31, Buffer.alloc(216)), undefined],
    [binary(0x21, 0x11, Buffer.concat([ipv4, Buffer.alloc(300, 4)])), '203.0.113.7']
  ]
  for (const [header, source] of cases) {
    t.same(readProxyHeader(header), { kind: 'whole', length: header.length, source })
    const more = Buffer.concat([header, bytes('GET / HTTP/1.1\r\n')])
    t.same(readProxyHeader(more), { kind: 'whole', length: header.length, source })
    for (let i = 0; i < header.length; i++)
      t.same(readProxyHeader(header.subarray(0, i)), { kind: 'partial' })
  }
  t.end()
})

test('nothing else is taken for a header', (t) => {
  const wrong = [
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01',
    'proxy TCP4 203.0.113.7 198.51.100.1 1 2\r\n',
    'PROXY TCP4 203.0.113.7 198.51.100.1 1\r\n',
    'PROXY TCP4 203.0.113.7 198.51.100.1 1 65536\r\n',
    'PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n',
    'PROXY TCP4 203.0.113.7 2001:db8::1 1 2\r\n',
    'PROXY TCP4 203.0.113.999 198.51.100.1 1 2\r\n',
    'PROXY TCP4  203.0.113.7 198.51.100.1 1 2\r\n',
    'PROXY UNKNOWNS\r\n',
    `PROXY ${'x'.repeat(200)}\r\n`
  ].map(bytes)
  wrong.push(binary(0x11, 0x11, ipv4), binary(0x22, 0x11, ipv4), binary(0x21, 0x11, ipv4.subarray(1)))
  wrong.push(binary(0x21, 0x21, ipv4), binary(0x21, 0x11, Buffer.alloc(5000)))
  for (const header of wrong) t.same(readProxyHeader(header), { kind: 'invalid' }, header.toString('latin1'))
  t.end()
})

test('any bytes are a header, none, or not yet either, and more of them never change the answer', (t) => {
  const starts = fc.constantFrom(Buffer.alloc(0), bytes('PROXY '), bytes('PROXY TCP4 '), signature)
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 300 }), fc.nat(300), (start, rest, cut) => {
      const all = Buffer.concat([start, rest])
      const early = readProxyHeader(all.subarray(0, cut))
      if (early.kind !== 'partial') t.same(readProxyHeader(all), early)
    })
  )
  t.end()
})
