import { type Test, test } from 'tap'
import { Renewals } from '../../src/acme/renewals.ts'
import { StateFolder } from '../../src/acme/state-folder.ts'
import { type Certificate, readCertificate } from '../../src/certificate.ts'
import { type CertificateRefused, certificateRefused } from '../../src/certificate-events.ts'
import { Authority } from '../fixtures/certificate.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

const day = 86_400_000
const authority = new Authority()

interface Stage {
  readonly clock: ManualClock
  readonly folder: StateFolder
  /** What was shown, as domain and certificate. */
  readonly shown: [string, Certificate][]
  /** Domains in the order in which certificates were ordered. */
  readonly ordered: string[]
  /** What the CA does; by default it issues for 90 days. */
  order: (domain: string) => Promise<Certificate>
  start(...domains: string[]): Renewals
  /** Lets days pass, one hour at a time, so that orders have their turns. */
  pass(days: number): Promise<void>
}

function issue(domain: string, from: number): Certificate {
  const { chain, key } = authority.pair([domain], { validFrom: from, validUntil: from + 90 * day })
  return readCertificate(chain, key)
}

function stage(t: Test): Stage {
  const clock = new ManualClock()
  const one: Stage = {
    clock,
    folder: new StateFolder(t.testdir(), new URL('https://ca.example/')),
    shown: [],
    ordered: [],
    order: async (domain) => issue(domain, clock.now()),
    start: (...domains) => {
      const renewals = new Renewals({
        domains,
        folder: one.folder,
        clock,
        order: (domain) => {
          one.ordered.push(domain)
          return one.order(domain)
        },
        show: (certificate, domain) => one.shown.push([domain, certificate]),
        random: () => 0
      })
      t.teardown(() => renewals.close())
      return renewals
    },
    pass: async (days) => {
      for (let hour = 0; hour < days * 24; hour++) {
        clock.pass(day / 24)
        await new Promise(setImmediate)
      }
    }
  }
  return one
}

test('each domain is given a certificate of its own, which is shown and kept', async (t) => {
  const { start, shown, folder } = stage(t)
  await start('one.example', 'two.example').begin()
  t.same(
    shown.map(([domain, certificate]) => [domain, certificate.covers(domain)]),
    [
      ['one.example', true],
      ['two.example', true]
    ]
  )
  t.equal(folder.certificateFor('two.example')?.validUntil, shown[1]?.[1].validUntil)
})

test('after a restart, what is kept is shown at once and not ordered again', async (t) => {
  const { start, shown, ordered, folder, clock } = stage(t)
  folder.keepCertificate('one.example', issue('one.example', clock.now() - 10 * day))
  const renewals = start('one.example')
  t.equal(shown.length, 1)
  await renewals.begin()
  t.same(ordered, [])
})

test('it is renewed when a third of its lifetime is left, again and again', async (t) => {
  const { start, ordered, shown, pass } = stage(t)
  await start('one.example').begin()
  await pass(59)
  t.equal(ordered.length, 1)
  await pass(2)
  t.equal(ordered.length, 2)
  await pass(60)
  t.equal(ordered.length, 3)
  t.ok(shown[2]![1].validUntil > shown[1]![1].validUntil)
})

test('what is kept but too old is shown and renewed', async (t) => {
  const { start, ordered, shown, folder, clock } = stage(t)
  folder.keepCertificate('one.example', issue('one.example', clock.now() - 100 * day))
  await start('one.example').begin()
  t.same(ordered, ['one.example'])
  t.equal(shown.length, 2)
})

test('a failure is reported, tried again later, and holds up no other domain', async (t) => {
  const one = stage(t)
  const told: CertificateRefused[] = []
  const note = (message: unknown): unknown => told.push(message as CertificateRefused)
  certificateRefused.subscribe(note)
  t.teardown(() => certificateRefused.unsubscribe(note))
  one.order = async (domain) => {
    if (domain === 'one.example') throw new Error('its address is not known')
    return issue(domain, one.clock.now())
  }
  await one.start('one.example', 'two.example').begin()
  t.match(told, [
    { source: 'one.example', detail: 'its address is not known', retryAt: one.clock.now() + 60_000 }
  ])
  t.same(
    one.shown.map(([domain]) => domain),
    ['two.example']
  )
  one.order = async (domain) => issue(domain, one.clock.now())
  one.clock.pass(60_000)
  await new Promise(setImmediate)
  t.same(one.ordered, ['one.example', 'two.example', 'one.example'])
  t.equal(one.shown[1]?.[0], 'one.example')
})

test('a renewal that fails for days leaves the certificate in force', async (t) => {
  const one = stage(t)
  await one.start('one.example').begin()
  one.order = async () => {
    throw new Error('the CA is away')
  }
  await one.pass(80)
  t.equal(one.shown.length, 1)
  t.ok(one.ordered.length > 50, 'it was tried every few hours')
  one.order = async (domain) => issue(domain, one.clock.now())
  await one.pass(1)
  t.equal(one.shown.length, 2)
})

test('what is kept and damaged is ordered anew', async (t) => {
  const { start, ordered, folder, clock } = stage(t)
  folder.keepCertificate('one.example', issue('two.example', clock.now()))
  await start('one.example').begin()
  t.same(ordered, ['one.example'])
})

test('nothing is ordered after the end', async (t) => {
  const { start, ordered, pass } = stage(t)
  const renewals = start('one.example', 'two.example')
  const begun = renewals.begin()
  renewals.close()
  await begun
  await pass(100)
  t.same(ordered, ['one.example'])
})
