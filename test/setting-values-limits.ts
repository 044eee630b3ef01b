import { test } from 'tap'
import { configure } from '../src/config.ts'
import type { Settings } from '../src/settings.ts'

const settingsOf = (flags: Record<string, string>): Settings => configure(flags, {}).settings

test('the limits that hold without settings leave room for a school behind one address', (t) => {
  const settings = settingsOf({})
  t.match(settings, {
    maxConnections: 10_000,
    maxConnectionsPerAddress: 1000,
    maxRequestsPerAddress: 1000,
    maxOriginRequestsPerAddress: 100,
    maxTunnelsPerAddress: 500,
    maxHeadSize: 16_384,
    headTimeout: 10_000,
    idleTimeout: 65_000,
    minReadRate: 4000,
    maxRatePerConnection: Number.POSITIVE_INFINITY,
    maxEgress: Number.POSITIVE_INFINITY,
    maxLag: 200,
    proxyProtocol: false
  })
  t.end()
})

test('a limit is switched off by 0 or off', (t) => {
  const names = [
    ...['maxConnections', 'maxConnectionsPerAddress', 'maxRequestsPerAddress', 'maxOriginRequestsPerAddress'],
    ...['maxTunnelsPerAddress', 'maxHeadSize', 'headTimeout', 'idleTimeout'],
    ...['minReadRate', 'maxRatePerConnection', 'maxEgress', 'maxLag']
  ] as const
  for (const name of names)
    for (const text of ['0', 'off', 'OFF', 'false'])
      t.equal(settingsOf({ [name]: text })[name as 'maxLag'], Number.POSITIVE_INFINITY, `${name} ${text}`)
  t.end()
})

test('a rate is in bits, as lines are sold, or in bytes', (t) => {
  const rates = {
    '32kbit': 4000,
    '100mbit': 12.5e6,
    '1gbit': 125e6,
    '1.5 Gbit/s': 187.5e6,
    '20Mbps': 2.5e6,
    '12MB': 12e6
  }
  for (const [text, rate] of Object.entries(rates))
    t.equal(settingsOf({ maxEgress: text }).maxEgress, rate, text)
  t.end()
})

test('what is no limit is refused with what was expected', (t) => {
  const wrong = {
    maxConnections: ['-1', 'many', '1.5', '10000000'],
    maxHeadSize: ['100', '2MB', 'x'],
    headTimeout: ['10', '1ms', '2h'],
    maxEgress: ['100', 'mbit', '1tbit', '1bit'],
    proxyProtocol: ['v2']
  }
  for (const [name, texts] of Object.entries(wrong))
    for (const text of texts)
      t.throws(() => settingsOf({ [name]: text }), / is not usable: expected /, `${name} ${text}`)
  t.end()
})

test('the PROXY protocol is spoken only with proxies that are named', (t) => {
  t.throws(() => settingsOf({ proxyProtocol: 'on' }), /--proxy-protocol: .*--trust-proxy/)
  t.ok(settingsOf({ proxyProtocol: 'on', trustProxy: '10.0.0.1' }).proxyProtocol)
  t.end()
})
