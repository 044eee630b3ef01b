import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { InvalidArgumentError } from 'commander'
import type { Bytes, Milliseconds } from './cache.ts'

// How the text of a setting becomes its value. Each throws commander's InvalidArgumentError with what was expected.

/** Where the origin is: scheme, host and port, nothing else. */
export function readOrigin(text: string): URL {
  const expected = 'an address such as http://192.168.1.10:8080 or https://live.example.com, without a path'
  if (!URL.canParse(text)) throw new InvalidArgumentError(expected)
  const url = new URL(text)
  const plain = url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
  if (!/^https?:$/.test(url.protocol) || !plain) throw new InvalidArgumentError(expected)
  return url
}

/** Where a bucket is: like an origin, with a path. */
export function readStorage(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && !url.search && !url.hash && !url.username && !url.password
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('an address such as https://bucket.s3.example.com/live')
  }
  return url
}

/** An address or a name to listen on; brackets of IPv6 are taken off. */
export function readHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) === 0 && !/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(bare)) {
    throw new InvalidArgumentError('an IP address or a host name')
  }
  return bare
}

/** A port; 0 lets the system choose. */
export function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('a port from 0 to 65535')
  return port
}

/** A whole number from 1. */
export function readCount(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('a whole number from 1')
  return Number(text)
}

/** What stands behind the edge. */
export function readProfile(text: string): 'owncast' | 'generic' {
  if (text === 'owncast' || text === 'generic') return text
  throw new InvalidArgumentError('owncast or generic')
}

/** On or off, in the words of people and of files. */
export function readSwitch(text: string): boolean {
  if (/^(on|yes|true|1)$/i.test(text)) return true
  if (/^(off|no|false|0)$/i.test(text)) return false
  throw new InvalidArgumentError('on or off')
}

/** How lines of the access log look. */
export function readAccessFormat(text: string): 'off' | 'json' | 'combined' {
  // YAML knows "off" as a word, but JSON files and some tools write false.
  if (text === 'false') return 'off'
  if (text === 'off' || text === 'json' || text === 'combined') return text
  throw new InvalidArgumentError('off, json or combined')
}

/** Where a file is; - stands for none. */
export function readPath(text: string): string | undefined {
  if (text === '') throw new InvalidArgumentError('the path of a file')
  return text === '-' ? undefined : text
}

/** A secret that fits into a header field (RFC 6750 §2.1 allows less, but nobody's token shall be refused for its form). */
export function readToken(text: string): string {
  if (!/^[!-~]{1,1000}$/.test(text)) {
    throw new InvalidArgumentError('visible ASCII characters without spaces')
  }
  return text
}

/** Host names in lower case, without ports. */
export function readNames(text: string): string[] {
  const names = listed(text).map((name) => name.toLowerCase().replace(/^\[(.*)\]$/, '$1'))
  for (const name of names) {
    if (isIP(name) === 0 && !/^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(name)) {
      throw new InvalidArgumentError(
        'names with commas between them, such as live.example.com,edge.example.com'
      )
    }
  }
  return names
}

/** Names to order certificates for: those that are looked up from the outside, and no wildcards, which http-01 cannot prove. */
export function readDomains(text: string): string[] {
  const names = readNames(text)
  for (const name of names) {
    if (!/^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/.test(name)) {
      throw new InvalidArgumentError('public host names with commas between them, such as edge.example.com')
    }
  }
  return [...new Set(names)]
}

export function readEmail(text: string): string {
  if (!/^[^\s@,?]+@[^\s@,?]+$/.test(text))
    throw new InvalidArgumentError('one address such as you@example.com')
  return text
}

/** Where an ACME CA says what it can do (RFC 8555 §7.1.1). */
export function readDirectory(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLocal = /^(localhost|127\..*|\[::1\])$/.test(url?.hostname ?? '')
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLocal)) {
    throw new InvalidArgumentError('an https address such as https://acme-v02.api.letsencrypt.org/directory')
  }
  return url
}

/** A folder; ~ is the home of whoever runs this. */
export function readFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('the path of a folder')
  return text.replace(/^~(?=$|[/\\])/, homedir())
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

const units: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30
}

/** Bytes, from a number with a unit: MB is a million, MiB is 2^20. */
export function readSize(text: string): Bytes {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = units[(unit ?? '-').toUpperCase().replace(/^([KMG])$/, '$1B')]
  const size = Math.round(Number(number) * (factor ?? Number.NaN))
  if (!(size >= 1e6 && size <= 2 ** 40))
    throw new InvalidArgumentError('a size from 1MB, such as 256MB, 512MiB or 2GB')
  return size
}

/** Milliseconds, from a number with a unit. */
export function readTime(text: string): Milliseconds {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m)$/.exec(text.trim()) ?? []
  const time = Number(number) * (unit === 'm' ? 60_000 : unit === 's' ? 1000 : 1)
  if (!(time >= 1 && time <= 3_600_000))
    throw new InvalidArgumentError('a time from 1ms to 60m, such as 500ms, 15s or 2m')
  return time
}

/** A list of addresses and CIDRs. */
export function readNetworks(text: string): string[] {
  const networks = listed(text)
  for (const network of networks) {
    const [address, length, ...rest] = network.split('/')
    const family = isIP(address ?? '')
    const most = family === 4 ? 32 : 128
    const fits = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most)
    if (family === 0 || !fits || rest.length > 0) {
      throw new InvalidArgumentError(
        'addresses or CIDRs with commas between them, such as 10.0.0.0/8,fd00::/8'
      )
    }
  }
  return networks
}
