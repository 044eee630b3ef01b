import { generateKeyPairSync } from 'node:crypto'
import { test } from 'tap'
import { CertificateError, readCertificate } from '../src/certificate.ts'
import { Authority } from './fixtures/certificate.ts'

const authority = new Authority()
const { chain, key } = authority.pair(['edge.example', '*.tv.example', '127.0.0.1'], {
  validFrom: Date.UTC(2030, 0, 1),
  validUntil: Date.UTC(2030, 3, 1)
})

test('a pair is read with its times and the names it is for', async (t) => {
  const certificate = readCertificate(chain, key)
  t.equal(certificate.validFrom, Date.UTC(2030, 0, 1))
  t.equal(certificate.validUntil, Date.UTC(2030, 3, 1))
  for (const name of ['edge.example', 'EDGE.example', 'one.tv.example']) t.ok(certificate.covers(name), name)
  for (const name of ['tv.example', 'a.b.tv.example', 'else.example', ''])
    t.notOk(certificate.covers(name), name)
})

test('what no handshake could be done with is refused with the reason', async (t) => {
  const other = authority.pair(['edge.example'])
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }
  }).privateKey
  const reasonFor = (one: string, two: string): string => {
    try {
      readCertificate(one, two)
    } catch (error) {
      if (error instanceof CertificateError) return error.message
    }
    return 'it was taken'
  }
  t.match(reasonFor('', key), /no certificate in PEM/)
  t.match(reasonFor(key, key), /no certificate in PEM/)
  t.match(reasonFor(chain, chain), /no private key in PEM/)
  t.match(reasonFor(chain, encrypted), /without a passphrase/)
  t.match(reasonFor(chain, other.key), /does not belong/)
  const damaged = `${chain}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`
  t.match(reasonFor(damaged, key), /OpenSSL does not take it/)
})
