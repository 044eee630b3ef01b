import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { Ca } from '../../src/acme/ca.ts'
import { Challenges } from '../../src/acme/challenges.ts'
import { StateFolder } from '../../src/acme/state-folder.ts'
import { AcmeServer } from '../fixtures/acme-server.ts'

interface Stage {
  readonly server: AcmeServer
  readonly folder: StateFolder
  caWith(email?: string): Ca
}

/** A CA, and a port under which it finds our domains. */
async function stage(t: Test): Promise<Stage> {
  const server = await AcmeServer.start(t)
  const challenges = new Challenges()
  const port80 = createServer((asked, answer) => answer.end(challenges.at(asked.url ?? '') ?? 'nothing'))
  port80.listen(0, '127.0.0.1')
  await once(port80, 'listening')
  t.teardown(() => port80.close())
  server.lead = () => (port80.address() as AddressInfo).port
  const directory = new URL(server.directory)
  const folder = new StateFolder(t.testdir(), directory)
  const caWith = (email?: string): Ca => new Ca({ directory, email, folder, challenges, askAgainAfter: 10 })
  return { server, folder, caWith }
}

test('an order ends with a certificate for the domain, with a key of its own each time', async (t) => {
  const { caWith, server } = await stage(t)
  const ca = caWith('me@edge.example')
  const certificate = await ca.order('edge.example')
  t.ok(certificate.covers('edge.example'))
  t.notOk(certificate.covers('tv.edge.example'))
  t.match(certificate.chain, server.authority.pem)
  t.not((await ca.order('edge.example')).key, certificate.key)
})

test('one account is registered, kept, and told of another address', async (t) => {
  const { caWith, server, folder } = await stage(t)
  await caWith('me@edge.example').order('edge.example')
  const kept = folder.account
  t.equal(kept?.email, 'me@edge.example')
  await caWith('me@edge.example').order('edge.example')
  await caWith('you@edge.example').order('edge.example')
  t.same(
    [...server.accounts.values()].map(({ url, contact }) => [url, contact]),
    [[kept?.url, ['mailto:you@edge.example']]]
  )
  t.equal(folder.account?.key, kept?.key)
})

test('an address is not needed', async (t) => {
  const { caWith, server } = await stage(t)
  await caWith().order('edge.example')
  t.same(
    [...server.accounts.values()].map(({ contact }) => contact),
    [[]]
  )
})

test('a CA that has lost the account gets it again with the next order', async (t) => {
  const { caWith, server } = await stage(t)
  await caWith().order('edge.example')
  server.accounts.clear()
  await t.rejects(caWith().order('edge.example'), { message: /not found/ })
  t.ok((await caWith().order('edge.example')).covers('edge.example'))
})

test('a domain that leads elsewhere fails with what the CA found, and its challenge is closed', async (t) => {
  const { caWith, server } = await stage(t)
  server.lead = () => undefined
  await t.rejects(caWith().order('edge.example'), { message: /edge\.example answered nothing/ })
  t.equal(server.orders[0]?.status, 'invalid')
})

test('a domain that the CA refuses fails with its reason', async (t) => {
  const { caWith, server } = await stage(t)
  server.forbidden.add('edge.example')
  await t.rejects(caWith().order('edge.example'), { message: /no certificates for edge\.example/ })
})

test('a CA that is not there fails with the reason', async (t) => {
  const { caWith, server } = await stage(t)
  server.close()
  await t.rejects(caWith().order('edge.example'), { message: /the CA cannot be reached: .*ECONNREFUSED/ })
})
