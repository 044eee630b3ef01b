import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** Makes a certificate for this machine, signed by itself, with the kind of key that ACME clients ask for. */
export function makeCertificate(folder: string): Certificate {
  const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2'
  ]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const { status, stderr } = spawnSync('openssl', [
    ...args,
    ...names,
    '-keyout',
    paths.key,
    '-out',
    paths.certificate
  ])
  if (status !== 0) throw new Error(`openssl could not make a certificate: ${String(stderr)}`)
  return paths
}
