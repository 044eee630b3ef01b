import type { Setting } from './setting.ts'
import { limitSettings } from './setting-table-limits.ts'
import { tlsSettings } from './setting-table-tls.ts'
import {
  readAccessFormat,
  readCount,
  readHost,
  readNames,
  readNetworks,
  readOrigin,
  readPath,
  readPort,
  readProfile,
  readSize,
  readStorage,
  readSwitch,
  readTime,
  readToken
} from './setting-values.ts'

/** The one table of settings: `--help`, the variables, the file's keys, the checks and the README come from it. */
export const settings: readonly Setting[] = [
  {
    name: 'origin',
    group: 'Origin',
    value: 'URL',
    default: undefined,
    says: 'the Owncast server to stand in front of; without it a demo stream is served',
    read: readOrigin,
    reloads: false
  },
  {
    name: 'profile',
    group: 'Origin',
    value: 'owncast|generic',
    default: 'owncast',
    says: 'what the origin is: Owncast, whose ways are built in, or any server of HLS, kept by RFC 9111',
    read: readProfile,
    reloads: false
  },
  {
    name: 'storage',
    group: 'Origin',
    value: 'URL',
    default: undefined,
    says: 'the bucket that Owncast keeps its video in, with its path, when it uses object storage',
    read: readStorage,
    reloads: false
  },
  {
    name: 'host',
    group: 'Viewers',
    value: 'ADDRESS',
    default: '::',
    says: 'the address that viewers connect to',
    read: readHost,
    reloads: false
  },
  {
    name: 'port',
    group: 'Viewers',
    value: 'PORT',
    default: '8080',
    says: 'the port that viewers connect to, 443 unless set with --domain; 0 for any free one',
    read: readPort,
    reloads: false
  },
  {
    name: 'hosts',
    group: 'Viewers',
    value: 'LIST',
    default: '',
    says: 'names, with commas, that are answered for; requests for others get 421; without it all are',
    read: readNames,
    reloads: true
  },
  {
    name: 'deny-admin',
    group: 'Viewers',
    value: 'on|off',
    default: 'off',
    says: "keep Owncast's /admin and /api/admin off this edge",
    read: readSwitch,
    reloads: true
  },
  ...tlsSettings,
  {
    name: 'admin-host',
    group: 'Operators',
    value: 'ADDRESS',
    default: '127.0.0.1',
    says: 'the address of the dashboard, /metrics, /health and /purge; others than loopback need a token',
    read: readHost,
    reloads: false
  },
  {
    name: 'admin-port',
    group: 'Operators',
    value: 'PORT',
    default: '9090',
    says: 'their port; 0 for any free one',
    read: readPort,
    reloads: false
  },
  {
    name: 'admin-token',
    group: 'Operators',
    value: 'TOKEN',
    default: undefined,
    says: 'what operators send as "Authorization: Bearer …"; better in the variable or the file than in a flag',
    read: readToken,
    reloads: true,
    isSecret: true
  },
  {
    name: 'access-log',
    group: 'Operators',
    value: 'off|json|combined',
    default: 'off',
    says: 'write a line for each response',
    read: readAccessFormat,
    reloads: true
  },
  {
    name: 'access-log-file',
    group: 'Operators',
    value: 'FILE',
    default: undefined,
    says: 'where to; it may be rotated at any time; without it to standard output',
    read: readPath,
    reloads: true
  },
  {
    name: 'cache-size',
    group: 'Limits',
    value: 'SIZE',
    default: '256MB',
    says: 'memory for bodies: stored, arriving and being sent',
    read: readSize,
    reloads: true
  },
  {
    name: 'max-object-size',
    group: 'Limits',
    value: 'SIZE',
    default: '32MB',
    says: 'a larger response is passed through and not stored',
    read: readSize,
    reloads: true
  },
  {
    name: 'trust-proxy',
    group: 'Viewers',
    value: 'LIST',
    default: '',
    says: 'addresses or CIDRs, with commas, of proxies in front whose X-Forwarded-For is believed',
    read: readNetworks,
    reloads: true
  },
  {
    name: 'tell-viewers',
    group: 'Origin',
    value: 'on|off',
    default: 'on',
    says: 'tell Owncast who watches here; off passes pings on, for an origin that is no Owncast',
    read: readSwitch,
    reloads: false
  },
  {
    name: 'origin-connections',
    group: 'Origin',
    value: 'COUNT',
    default: '32',
    says: 'connections to the origin for what may be stored',
    read: readCount,
    reloads: false
  },
  {
    name: 'connect-timeout',
    group: 'Origin',
    value: 'TIME',
    default: '5s',
    says: 'how long connecting to the origin may take',
    read: readTime,
    reloads: false
  },
  {
    name: 'origin-timeout',
    group: 'Origin',
    value: 'TIME',
    default: '15s',
    says: 'how long the origin may be silent within a request',
    read: readTime,
    reloads: false
  },
  {
    name: 'outage',
    group: 'Origin',
    value: 'TIME',
    default: '60s',
    says: 'how long a live stream goes on from here while the origin is away',
    read: readTime,
    reloads: true
  },
  {
    name: 'drain-timeout',
    group: 'Limits',
    value: 'TIME',
    default: '10s',
    says: 'how long responses under way may take after SIGTERM',
    read: readTime,
    reloads: true
  },
  ...limitSettings
]
