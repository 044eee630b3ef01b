import type { Milliseconds } from '../cache.ts'
import type { AccessRecord } from '../server/access-log.ts'
import { redacted } from './redact.ts'

/** How lines of the access log look. */
export type AccessFormat = 'json' | 'combined'

/** One line of the access log with its line feed, in which nothing a client sends can begin another line. */
export function accessLine(format: AccessFormat, record: AccessRecord): string {
  return format === 'json' ? jsonLine(record) : combinedLine(record)
}

function jsonLine(record: AccessRecord): string {
  const { at, took, address, method, target, protocol, status, bytes, outcome } = record
  const fields = {
    time: new Date(at).toISOString(),
    address,
    method,
    target: redacted(target),
    protocol,
    status,
    bytes,
    outcome,
    durationMs: Math.round(took * 1000) / 1000,
    complete: record.isComplete,
    referer: record.referer === undefined ? undefined : redacted(record.referer),
    userAgent: record.userAgent
  }
  return `${JSON.stringify(fields)}\n`
}

/** The Combined Log Format as Apache httpd defines it; its user is always unknown here. */
function combinedLine(record: AccessRecord): string {
  const { at, address, method, target, protocol, status, bytes, referer = '', userAgent = '' } = record
  const line = `${escaped(method)} ${escaped(redacted(target))} ${protocol}`
  return `${address} - - [${clfTime(at)}] "${line}" ${status} ${bytes || '-'} "${escaped(redacted(referer)) || '-'}" "${escaped(userAgent) || '-'}"\n`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let second = -1
let secondText = ''

/** Made once a second: all lines of a second share it. */
function clfTime(at: Milliseconds): string {
  if (Math.floor(at / 1000) === second) return secondText
  second = Math.floor(at / 1000)
  const [date = '', time = ''] = new Date(at).toISOString().split('T')
  const [year, month, day] = date.split('-')
  secondText = `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`
  return secondText
}

/** As Apache writes what a client sent: quotes and backslashes with a backslash, the rest that is not plain as \xhh. */
function escaped(text: string): string {
  return text.replace(/["\\]|[^ -~]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
