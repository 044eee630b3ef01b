import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Milliseconds } from './cache.ts'

/** A certificate with the chain above it and its private key, known to belong together. */
export interface Certificate {
  /** PEM, the leaf first. */
  readonly chain: string
  /** PEM. */
  readonly key: string
  readonly validFrom: Milliseconds
  readonly validUntil: Milliseconds
  /** Whether it may be shown to those who ask for this host name (RFC 6125). */
  covers(name: string): boolean
}

/** What is wrong with a certificate or its key, as the end of a sentence. */
export class CertificateError extends Error {}

/**
 * Reads a chain and a key in PEM and makes sure that a handshake with them could succeed.
 * @throws CertificateError
 */
export function readCertificate(chain: string, key: string): Certificate {
  const leaf = leafOf(chain)
  if (!leaf.checkPrivateKey(privateKeyOf(key)))
    throw new CertificateError('the key does not belong to the certificate')
  tryContext(chain, key)
  return {
    chain,
    key,
    validFrom: Date.parse(leaf.validFrom),
    validUntil: Date.parse(leaf.validTo),
    covers: (name) => leaf.checkHost(name) !== undefined
  }
}

/** OpenSSL has its own demands: on the rest of the chain, on the length of keys, on signatures. */
function tryContext(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new CertificateError(`OpenSSL does not take it (${(error as Error).message})`)
  }
}

function leafOf(chain: string): X509Certificate {
  try {
    return new X509Certificate(chain)
  } catch (error) {
    throw new CertificateError(`there is no certificate in PEM in it (${(error as Error).message})`)
  }
}

function privateKeyOf(key: string): KeyObject {
  try {
    return createPrivateKey(key)
  } catch (error) {
    throw new CertificateError(
      `there is no private key in PEM without a passphrase in it (${(error as Error).message})`
    )
  }
}
