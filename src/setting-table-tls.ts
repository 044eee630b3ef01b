import type { Setting } from './setting.ts'
import {
  readDirectory,
  readDomains,
  readEmail,
  readFolder,
  readPath,
  readPort,
  readSwitch
} from './setting-values.ts'

/** The settings of HTTPS, HTTP/2 and certificates. */
export const tlsSettings: readonly Setting[] = [
  {
    name: 'tls-cert',
    group: 'HTTPS',
    value: 'FILE',
    default: undefined,
    says: 'serve HTTPS with the certificate chain in this PEM file; it may be replaced at any time',
    read: readPath,
    reloads: false
  },
  {
    name: 'tls-key',
    group: 'HTTPS',
    value: 'FILE',
    default: undefined,
    says: 'its private key, in PEM without a passphrase',
    read: readPath,
    reloads: false
  },
  {
    name: 'domain',
    group: 'HTTPS',
    value: 'LIST',
    default: '',
    says: 'serve HTTPS for these names, with commas, with certificates that are ordered and renewed by ACME',
    read: readDomains,
    reloads: false
  },
  {
    name: 'acme-email',
    group: 'HTTPS',
    value: 'ADDRESS',
    default: undefined,
    says: 'where the CA may write to about them',
    read: readEmail,
    reloads: false
  },
  {
    name: 'acme-directory',
    group: 'HTTPS',
    value: 'URL',
    default: 'https://acme-v02.api.letsencrypt.org/directory',
    says: 'the ACME directory of the CA; using --domain means agreeing to its terms',
    read: readDirectory,
    reloads: false
  },
  {
    name: 'state-dir',
    group: 'HTTPS',
    value: 'FOLDER',
    default: '~/.owncast-edge',
    says: 'where certificates and the account with the CA are kept',
    read: readFolder,
    reloads: false
  },
  {
    name: 'http-port',
    group: 'HTTPS',
    value: 'PORT',
    default: undefined,
    says: 'a port without TLS that sends viewers to HTTPS; 80 unless set with --domain, none with --tls-cert',
    read: readPort,
    reloads: false
  },
  {
    name: 'http2',
    group: 'HTTPS',
    value: 'on|off',
    default: 'on',
    says: 'offer HTTP/2 over TLS',
    read: readSwitch,
    reloads: false
  }
]
