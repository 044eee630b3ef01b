import { Ca } from './acme/ca.ts'
import { Challenges } from './acme/challenges.ts'
import { Renewals } from './acme/renewals.ts'
import { StateFolder } from './acme/state-folder.ts'
import type { Timekeeper } from './cache.ts'
import { CertificateError } from './certificate.ts'
import { SettingError } from './config.ts'
import { CertificateFiles } from './server/tls/certificate-files.ts'
import { Certificates } from './server/tls/certificates.ts'
import type { TlsSettings } from './server/tls/secure-door.ts'
import type { Settings } from './settings.ts'

/** What HTTPS needs besides its listeners: certificates, and whoever replaces them. */
export interface Https {
  readonly tls: TlsSettings
  /** Starts to look for newer certificates; the port where a CA looks must be open. */
  begin(): void
  close(): void
}

/** HTTPS as the settings want it; undefined where they do not. @throws SettingError */
export function httpsFrom(settings: Settings, clock: Timekeeper): Https | undefined {
  const { tlsCert, tlsKey, domain } = settings
  if (tlsCert !== undefined && tlsKey !== undefined) return withFiles(settings, tlsCert, tlsKey, clock)
  return domain.length === 0 ? undefined : withCa(settings, clock)
}

function withFiles({ http2 }: Settings, tlsCert: string, tlsKey: string, clock: Timekeeper): Https {
  const files = new CertificateFiles(tlsCert, tlsKey, clock)
  const certificates = new Certificates()
  try {
    certificates.show(files.read())
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new SettingError(
      `--tls-cert/--tls-key: "${tlsCert}" and "${tlsKey}" are not usable: ${error.message}`
    )
  }
  return {
    tls: { certificates, http2, challengeAt: () => undefined },
    begin: () => files.follow((certificate) => certificates.show(certificate)),
    close: () => files.close()
  }
}

function withCa({ http2, domain, acmeEmail, acmeDirectory, stateDir }: Settings, clock: Timekeeper): Https {
  const folder = folderAt(stateDir, acmeDirectory)
  const challenges = new Challenges()
  const ca = new Ca({ directory: acmeDirectory, email: acmeEmail, folder, challenges })
  const certificates = new Certificates(domain)
  const renewals = new Renewals({
    domains: domain,
    folder,
    clock,
    order: (name) => ca.order(name),
    show: (certificate, name) => certificates.show(certificate, name)
  })
  return {
    tls: { certificates, http2, challengeAt: challenges.at },
    begin: () => void renewals.begin(),
    close: () => renewals.close()
  }
}

function folderAt(stateDir: string, directory: URL): StateFolder {
  try {
    return new StateFolder(stateDir, directory)
  } catch (error) {
    throw new SettingError(`--state-dir: "${stateDir}" is not usable: ${(error as Error).message}`)
  }
}
