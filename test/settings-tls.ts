import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { configure } from '../src/config.ts'
import type { Settings } from '../src/settings.ts'

const settingsOf = (flags: Record<string, string>): Settings => configure(flags, {}).settings

test('with a domain the ports are 443 and 80, unless somebody has set them', async (t) => {
  const { settings, inForce } = configure({ domain: 'Edge.Example.com, tv.example.com' }, {})
  t.match(settings, { port: 443, httpPort: 80, domain: ['edge.example.com', 'tv.example.com'] })
  t.match(
    inForce.find(({ setting }) => setting.name === 'port'),
    { text: '443', from: 'default' }
  )
  t.match(settingsOf({ domain: 'a.example', port: '8443', httpPort: '8080' }), { port: 8443, httpPort: 8080 })
  t.match(configure({ domain: 'a.example' }, { EDGE_PORT: '8080' }).settings, { port: 8080, httpPort: 80 })
  t.match(settingsOf({}), { port: 8080, httpPort: undefined, domain: [], http2: true })
  t.match(settingsOf({ tlsCert: 'a', tlsKey: 'b' }), { port: 8080, httpPort: undefined })
})

test('the state is kept at home, unless somebody has set a folder', async (t) => {
  t.equal(settingsOf({}).stateDir, join(homedir(), '.owncast-edge'))
  t.equal(settingsOf({ stateDir: '/var/lib/edge' }).stateDir, '/var/lib/edge')
  t.equal(settingsOf({ stateDir: '~user/x' }).stateDir, '~user/x')
})

const unfit: [Record<string, string>, RegExp][] = [
  [{ tlsCert: 'a' }, /^--tls-cert and --tls-key need each other$/],
  [{ tlsKey: 'a' }, /^--tls-cert and --tls-key need each other$/],
  [
    { tlsCert: 'a', tlsKey: 'b', domain: 'a.example' },
    /^--domain: "a\.example" is not usable: .*not from both$/
  ],
  [{ acmeEmail: 'me@a.example' }, /^--acme-email: .*without --domain$/],
  [{ httpPort: '80' }, /^--http-port: "80" is not usable: .*needs --tls-cert or --domain$/],
  [{ domain: 'a.example', httpPort: '443' }, /^--http-port: "443" is not usable: --port is the same$/],
  [{ domain: 'localhost' }, /^--domain: "localhost" is not usable: expected public host names/],
  [{ domain: '192.168.1.2' }, /expected public host names/],
  [{ domain: '*.a.example' }, /is not usable/],
  [{ domain: 'a.example', acmeEmail: 'me' }, /^--acme-email: "me" is not usable: expected one address/],
  [{ domain: 'a.example', acmeEmail: 'a@b.c,d@e.f' }, /expected one address/],
  [
    { domain: 'a.example', acmeDirectory: 'http://ca.example/' },
    /^--acme-directory: .* expected an https address/
  ],
  [{ domain: 'a.example', acmeDirectory: 'ca' }, /expected an https address/]
]

for (const [flags, expected] of unfit) {
  test(`${JSON.stringify(flags)} stops the start with the reason`, async (t) => {
    t.throws(() => configure(flags, {}), { message: expected } as never)
  })
}

test('a CA on this machine may be asked without TLS', async (t) => {
  for (const address of ['http://127.0.0.1:14000/dir', 'http://localhost/dir', 'http://[::1]/dir'])
    t.equal(settingsOf({ domain: 'a.example', acmeDirectory: address }).acmeDirectory.href, address)
})
