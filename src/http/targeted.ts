import { type CacheControl, controlFrom, type Directive, parseCacheControl } from './cache-control.ts'
import { fieldValue, type RawFields } from './fields.ts'
import { type MemberValue, parseDictionary } from './structured-dictionary.ts'

/** The directives that a response is stored by. */
export interface Governing {
  readonly control: CacheControl
  /** A targeted field governs: Cache-Control and Expires count for nothing here (RFC 9213 §2.2). */
  readonly targeted: boolean
}

/** The targeted fields this edge goes by, the first that is there and valid before the others (RFC 9213 §2.2). */
export const targetList: readonly string[] = ['cdn-cache-control']

/** The directives of a response for this edge: those of a targeted field, or else of Cache-Control. */
export function governing(fields: RawFields, targets = targetList): Governing {
  for (const name of targets) {
    const control = targetedControl(fieldValue(fields, name))
    if (control !== undefined) return { control, targeted: true }
  }
  return { control: parseCacheControl(fieldValue(fields, 'cache-control')), targeted: false }
}

/**
 * Reads a targeted field such as CDN-Cache-Control. Undefined for one that is not there, is empty or does not parse as
 * a dictionary (RFC 9213 §2.1), and for one that gives a directive a value of the wrong type: `max-age="60"` is as likely
 * a mistake as `max-age=&`.
 */
export function targetedControl(value: string | undefined): CacheControl | undefined {
  const members = value === undefined ? undefined : parseDictionary(value)
  if (members === undefined || members.size === 0) return undefined
  const directives: Directive[] = []
  for (const [name, member] of members) {
    if (!fits(name, member)) return undefined
    if (member.type !== 'boolean')
      directives.push({ name, argument: 'value' in member ? `${member.value}` : '' })
    else if (member.value) directives.push({ name, argument: undefined })
  }
  return controlFrom(directives)
}

const numeric: ReadonlySet<string> = new Set([
  'max-age',
  's-maxage',
  'stale-while-revalidate',
  'stale-if-error'
])
const qualifiable: ReadonlySet<string> = new Set(['no-cache', 'private'])
const plain: ReadonlySet<string> = new Set([
  'no-store',
  'no-transform',
  'public',
  'must-revalidate',
  'proxy-revalidate',
  'must-understand',
  'immutable'
])

function fits(name: string, member: MemberValue): boolean {
  if (numeric.has(name)) return member.type === 'integer'
  if (qualifiable.has(name)) return member.type === 'boolean' || member.type === 'string'
  return plain.has(name) ? member.type === 'boolean' : true
}
