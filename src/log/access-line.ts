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
  const { at, took, method, target, protocol, status, bytes, outcome, referer, userAgent } = record
  const optional =
    (referer === undefined ? '' : `,"referer":${quoted(redacted(referer))}`) +
    (userAgent === undefined ? '' : `,"userAgent":${quoted(userAgent)}`)
  return `{"time":"${isoTime(at)}","address":"${record.address}","method":${quoted(method)},"target":${quoted(redacted(target))},"protocol":"${protocol}","status":${status},"bytes":${bytes},"outcome":"${outcome}","durationMs":${Math.round(took * 1000) / 1000},"complete":${record.isComplete}${optional}}\n`
}

/** What needs no escape: nearly everything that comes, and found out faster than it is escaped. */
const plain = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** The Combined Log Format as Apache httpd defines it; its user is always unknown here. */
function combinedLine(record: AccessRecord): string {
  const { at, address, method, target, protocol, status, bytes, referer = '', userAgent = '' } = record
  const line = `${escaped(method)} ${escaped(redacted(target))} ${protocol}`
  return `${address} - - [${clfTime(at)}] "${line}" ${status} ${bytes || '-'} "${escaped(redacted(referer)) || '-'}" "${escaped(userAgent) || '-'}"\n`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The texts of one second, which all lines of it share. */
let second = { number: Number.NaN, clf: '', iso: '' }

function textsOf(at: Milliseconds): typeof second {
  const number = Math.floor(at / 1000)
  if (number === second.number) return second
  const iso = new Date(number * 1000).toISOString().slice(0, 19)
  const [date = '', time = ''] = iso.split('T')
  const [year, month, day] = date.split('-')
  second = { number, iso, clf: `${day}/${months[Number(month) - 1]}/${year}:${time} +0000` }
  return second
}

function clfTime(at: Milliseconds): string {
  return textsOf(at).clf
}

function isoTime(at: Milliseconds): string {
  return `${textsOf(at).iso}.${String(Math.floor(at % 1000)).padStart(3, '0')}Z`
}

/** As Apache writes what a client sent: quotes and backslashes with a backslash, the rest that is not plain as \xhh. */
function escaped(text: string): string {
  if (plain.test(text)) return text
  return text.replace(/["\\]|[^ -~]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
