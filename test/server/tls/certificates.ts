import { test } from 'tap'
import { type Certificate, readCertificate } from '../../../src/certificate.ts'
import { Certificates } from '../../../src/server/tls/certificates.ts'
import { Authority } from '../../fixtures/certificate.ts'

const authority = new Authority()
const day = 86_400_000

function certificateFor(name: string, validUntil = Date.now() + day): Certificate {
  const { chain, key } = authority.pair([name], { validUntil })
  return readCertificate(chain, key)
}

test('one certificate is for all: every host is sent to HTTPS under its own name', async (t) => {
  const certificates = new Certificates()
  certificates.show(certificateFor('edge.example'))
  t.notOk(certificates.hasNames)
  t.equal(certificates.secureHostFor('edge.example'), 'edge.example')
  t.equal(certificates.secureHostFor('10.0.0.1'), '10.0.0.1')
})

test('of names with a certificate each, only those that have it are sent to HTTPS, and strangers to the first of them', async (t) => {
  const certificates = new Certificates(['one.example', 'two.example'])
  t.same(
    ['one.example', 'two.example', '10.0.0.1'].map((host) => certificates.secureHostFor(host)),
    [undefined, undefined, undefined]
  )
  certificates.show(certificateFor('two.example'), 'two.example')
  t.same(
    ['one.example', 'two.example', '10.0.0.1'].map((host) => certificates.secureHostFor(host)),
    [undefined, 'two.example', 'two.example']
  )
  t.equal(certificates.contextFor('one.example'), undefined)
  t.ok(certificates.contextFor('TWO.example'))
})

test('whoever asks for no name is shown the first, and whoever listens is told when that changes', async (t) => {
  const certificates = new Certificates(['one.example', 'two.example'])
  const told: Certificate[] = []
  certificates.onUsualChanged((usual) => told.push(usual))
  t.equal(certificates.usual, undefined)
  const [two, one, newer] = ['two.example', 'one.example', 'two.example'].map((name) => certificateFor(name))
  certificates.show(two!, 'two.example')
  certificates.show(one!, 'one.example')
  certificates.show(newer!, 'two.example')
  t.same(told, [two, one])
  t.equal(certificates.usual, one)
})

test('what counts is when the first of them ends', async (t) => {
  const certificates = new Certificates(['one.example', 'two.example'])
  t.equal(certificates.validUntil, undefined)
  const sooner = certificateFor('two.example', Date.now() + day)
  certificates.show(certificateFor('one.example', Date.now() + 2 * day), 'one.example')
  certificates.show(sooner, 'two.example')
  t.equal(certificates.validUntil, sooner.validUntil)
})
