/** The attributes of a playlist tag (RFC 8216 §4.2) by name, the quotes of quoted strings taken off. */
export type Attributes = ReadonlyMap<string, string>

const attribute = /([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))(?:,|$)/g

/** Reads an attribute list; what does not fit the grammar is skipped, of repeated names the first counts. */
export function attributesOf(list: string): Attributes {
  const attributes = new Map<string, string>()
  for (const [, name, quoted, plain] of list.matchAll(attribute)) {
    if (!attributes.has(name!)) attributes.set(name!, quoted ?? plain!.trim())
  }
  return attributes
}

/** A number, or undefined for what is none or negative. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d*)?\s*$/.test(text) ? Number(text) : undefined
}

/** A tag's name and what stands behind its colon. */
export function nameAndValue(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)]
}
