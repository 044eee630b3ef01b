/** A member's value: a bare item by its type, or an inner list. Parameters are checked and dropped. */
export type MemberValue =
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'decimal' | 'token' | 'bytes' | 'list' }

// The grammar of RFC 8941 §3 is regular: inner lists do not nest.
const key = '[a-z*][a-z0-9_.*-]*'
const decimal = '-?\\d{1,12}\\.\\d{1,3}'
const integer = '-?\\d{1,15}'
const string = '"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\])*"'
const token = "[A-Za-z*][\\w!#$%&'*+.^`|~:/-]*"
const bytes = ':[A-Za-z0-9+/]*={0,2}:'
const boolean = '\\?[01]'
const bare = `(?:${decimal}|${integer}|${string}|${token}|${bytes}|${boolean})`
const parameters = `(?:; *${key}(?:=${bare})?)*`
const item = `${bare}${parameters}`
const innerList = `\\( *(?:${item}(?: +${item})* *)?\\)`
const member = new RegExp(`(${key})(?:=(${innerList}|${bare}))?${parameters}`, 'y')
const separator = /[ \t]*,[ \t]*/y
const end = /[ \t]*$/y

/**
 * Reads a dictionary structured field (RFC 8941 §4.2.2), its lines joined. Strict, as that RFC demands: undefined for
 * anything that does not parse. Of a key given more than once the last counts.
 */
export function parseDictionary(field: string): ReadonlyMap<string, MemberValue> | undefined {
  const members = new Map<string, MemberValue>()
  let at = field.search(/[^ ]|$/)
  while (at < field.length) {
    const match = matchAt(member, field, at)
    if (match === null) return undefined
    members.set(match[1]!, valueIn(match[2]))
    at += match[0].length
    if (matchAt(end, field, at) !== null) break
    const comma = matchAt(separator, field, at)
    if (comma === null || at + comma[0].length === field.length) return undefined
    at += comma[0].length
  }
  return members
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function valueIn(text: string | undefined): MemberValue {
  if (text === undefined) return { type: 'boolean', value: true }
  if (text.startsWith('(')) return { type: 'list' }
  if (text.startsWith('"')) return { type: 'string', value: text.slice(1, -1).replace(/\\(.)/g, '$1') }
  if (text.startsWith('?')) return { type: 'boolean', value: text === '?1' }
  if (text.startsWith(':')) return { type: 'bytes' }
  if (!/^-?\d/.test(text)) return { type: 'token' }
  return text.includes('.') ? { type: 'decimal' } : { type: 'integer', value: Number(text) }
}
