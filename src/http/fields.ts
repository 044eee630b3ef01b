/**
 * Header fields as they came off the wire: name, value, name, value, …; names in any case, repeated fields kept
 * (node's `rawHeaders`).
 */
export type RawFields = readonly string[]

/** Every value of one field, in the order received; `name` in lower case. */
export function fieldLines(raw: RawFields, name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const candidate = raw[i]!
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(raw[i + 1]!)
  }
  return values
}

/** The field's value, its lines joined by `, ` (RFC 9110 §5.3), or undefined where there is none; `name` in lower case. */
export function fieldValue(raw: RawFields, name: string): string | undefined {
  const values = fieldLines(raw, name)
  return values.length > 1 ? values.join(', ') : values[0]
}

/**
 * The members of a comma-separated list (RFC 9110 §5.6.1), whitespace trimmed and empty members dropped; a comma inside
 * a quoted string separates nothing, but a quote that is never closed begins none.
 */
export function listOf(value: string): string[] {
  const members = value.includes('"') ? splitOutsideQuotes(value) : value.split(',')
  return members.map((member) => member.trim()).filter((member) => member !== '')
}

function splitOutsideQuotes(value: string): string[] {
  const members: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < value.length; i++) {
    const char = value[i]
    if (char === '"') quoted = !quoted
    else if (char === '\\' && quoted) i++
    else if (char === ',' && !quoted) {
      members.push(value.slice(start, i))
      start = i + 1
    }
  }
  members.push(value.slice(start))
  return quoted ? value.split(',') : members
}

/**
 * Fields of one connection only (RFC 9110 §7.6.1), with their reasons where the RFC does not name them there:
 * Trailer, because trailer fields are not forwarded and what announces them would be untrue; the Proxy-* fields, because
 * they are between a client and a forward proxy and may not be stored by what stands behind it (RFC 9111 §3.1).
 */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization'
])

/** The fields but those of these names, which are in lower case. */
export function withoutFields(raw: RawFields, names: readonly string[]): string[] {
  return raw.filter((_, i) => !names.includes(raw[i - (i % 2)]!.toLowerCase()))
}

/** The fields that go on to the next connection: without the hop-by-hop ones and those that Connection names. */
export function withoutHopByHop(raw: RawFields): string[] {
  const named = connectionOptions(raw)
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!hopByHop.has(name) && !named?.has(name)) kept.push(raw[i]!, raw[i + 1]!)
  }
  return kept
}

/** What Connection names, or undefined for the usual `keep-alive` and `close`, which name no field. */
function connectionOptions(raw: RawFields): ReadonlySet<string> | undefined {
  const value = fieldValue(raw, 'connection')
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined
  return new Set(listOf(value.toLowerCase()))
}
