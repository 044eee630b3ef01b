import type { Setting } from './setting.ts'
import { readSwitch } from './setting-values.ts'
import { readHeadSize, readMost, readPatience, readRate } from './setting-values-limits.ts'

/**
 * The settings against abuse and overload. Those per address leave room for many people behind one: a school, an event,
 * a carrier. Addresses of proxies in --trust-proxy and of private networks, behind which stand others, have none.
 */
export const limitSettings: readonly Setting[] = [
  {
    name: 'max-connections',
    group: 'Limits',
    value: 'COUNT|off',
    default: '10000',
    says: 'connections of clients; more are refused',
    read: readMost,
    reloads: true
  },
  {
    name: 'max-connections-per-address',
    group: 'Limits',
    value: 'COUNT|off',
    default: '1000',
    says: 'connections from one public address (IPv6: one /64)',
    read: readMost,
    reloads: true
  },
  {
    name: 'max-requests-per-address',
    group: 'Limits',
    value: 'COUNT|off',
    default: '1000',
    says: 'requests per second from one public address, five times as many in a burst; more get 429',
    read: readMost,
    reloads: true
  },
  {
    name: 'max-origin-requests-per-address',
    group: 'Limits',
    value: 'COUNT|off',
    default: '100',
    says: 'those among them that go on to the origin: pages, chat messages, what is not stored',
    read: readMost,
    reloads: true
  },
  {
    name: 'max-tunnels-per-address',
    group: 'Limits',
    value: 'COUNT|off',
    default: '500',
    says: 'open chats from one public address',
    read: readMost,
    reloads: true
  },
  {
    name: 'max-head-size',
    group: 'Limits',
    value: 'SIZE|off',
    default: '16KiB',
    says: 'the head of a request; a larger one gets 431',
    read: readHeadSize,
    reloads: false
  },
  {
    name: 'head-timeout',
    group: 'Limits',
    value: 'TIME|off',
    default: '10s',
    says: 'how long the head of a request may take',
    read: readPatience,
    reloads: false
  },
  {
    name: 'idle-timeout',
    group: 'Limits',
    value: 'TIME|off',
    default: '65s',
    says: 'how long a connection without requests is kept',
    read: readPatience,
    reloads: false
  },
  {
    name: 'min-read-rate',
    group: 'Limits',
    value: 'RATE|off',
    default: '32kbit',
    says: 'who takes what was asked for more slowly than this, for half a minute, is disconnected',
    read: readRate,
    reloads: true
  },
  {
    name: 'max-rate-per-connection',
    group: 'Limits',
    value: 'RATE|off',
    default: 'off',
    says: 'how fast one connection is sent what is stored, such as 20mbit',
    read: readRate,
    reloads: false
  },
  {
    name: 'max-egress',
    group: 'Limits',
    value: 'RATE|off',
    default: 'off',
    says: 'what the line takes, such as 1gbit: from nine tenths of it new viewers get 503, and those who are here go on',
    read: readRate,
    reloads: true
  },
  {
    name: 'max-lag',
    group: 'Limits',
    value: 'TIME|off',
    default: '200ms',
    says: 'how late this process may run before new viewers get 503; dashboards, pages and pings wait earlier',
    read: readPatience,
    reloads: true
  },
  {
    name: 'proxy-protocol',
    group: 'Viewers',
    value: 'on|off',
    default: 'off',
    says: 'connections from --trust-proxy begin with a PROXY protocol header (version 1 or 2)',
    read: readSwitch,
    reloads: false
  }
]
