import type { Milliseconds } from '../cache.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const day = '(?:mon|tue|wed|thu|fri|sat|sun)'
const longDay = '(?:mon|tues|wednes|thurs|fri|satur|sun)day'
const month = `(?<month>${months.join('|')})`
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'

// The case is ignored: the grammar minds it, but a cache should not (RFC 9111 §4.2).
const imfFixdate = new RegExp(`^${day}, (?<date>\\d\\d) ${month} (?<year>\\d{4}) ${time} gmt$`, 'i')
const rfc850 = new RegExp(`^${longDay}, (?<date>\\d\\d)-${month}-(?<year>\\d\\d) ${time} gmt$`, 'i')
const asctime = new RegExp(`^${day} ${month} (?<date>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i')

/**
 * The moment an HTTP-date names, in any of its three forms (RFC 9110 §5.6.7), or undefined for anything else: other
 * time zones, missing zeros, a 31st of June. The day of the week has to be one, but need not be the right one.
 * `now` decides the century of the two-digit years of RFC 850.
 */
export function parseHttpDate(value: string, now: Milliseconds): Milliseconds | undefined {
  const modern = imfFixdate.exec(value) ?? asctime.exec(value)
  if (modern !== null) return momentOf(modern.groups!, Number(modern.groups!.year))
  const old = rfc850.exec(value)
  return old === null ? undefined : momentOf(old.groups!, fullYear(Number(old.groups!.year), now))
}

/** The moment as an IMF-fixdate; parts of a second are cut off. */
export function formatHttpDate(at: Milliseconds): string {
  return new Date(at).toUTCString()
}

/** "More than 50 years in the future" means the most recent past year with the same two digits (RFC 9110 §5.6.7). */
function fullYear(twoDigits: number, now: Milliseconds): number {
  const thisYear = new Date(now).getUTCFullYear()
  const inThisCentury = thisYear - (thisYear % 100) + twoDigits
  if (inThisCentury > thisYear + 50) return inThisCentury - 100
  return inThisCentury <= thisYear - 50 ? inThisCentury + 100 : inThisCentury
}

function momentOf(parts: Record<string, string>, year: number): Milliseconds | undefined {
  const { date, month, hour, minute, second } = parts as Record<
    'date' | 'month' | 'hour' | 'minute' | 'second',
    string
  >
  // 60 is a leap second and in the grammar; it comes out as the first second of the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const monthIndex = months.indexOf(month.toLowerCase())
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, monthIndex, Number(date))
  const exists = midnight.getUTCMonth() === monthIndex && midnight.getUTCDate() === Number(date)
  return exists
    ? midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
    : undefined
}
