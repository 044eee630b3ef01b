import { fieldValue, listOf, type RawFields } from './fields.ts'

/** What a stored response was selected by among those of its cache key (RFC 9111 §4.1). */
export interface Variant {
  /** The selecting fields, each with its normalised value in the request, undefined where the request had none. */
  readonly selecting: ReadonlyMap<string, string | undefined>
  /** Its Content-Language, where that is a single one. */
  readonly language: string | undefined
}

/** What an answer was selected by, or undefined where nothing can tell: `Vary: *`. */
export function variantOf(request: RawFields, response: RawFields): Variant | undefined {
  const names = listOf((fieldValue(response, 'vary') ?? '').toLowerCase())
  if (names.includes('*')) return undefined
  const selecting = new Map(names.map((name) => [name, normalised(name, fieldValue(request, name))]))
  const languages = listOf((fieldValue(response, 'content-language') ?? '').toLowerCase())
  return { selecting, language: languages.length === 1 ? languages[0] : undefined }
}

/**
 * Whether a request selects what another one was answered with: all selecting fields match once what means the same is
 * written the same. For Accept-Language it is enough that the answer is in the one language that the client likes best.
 */
export function isSelected({ selecting, language }: Variant, request: RawFields): boolean {
  for (const [name, value] of selecting) {
    const asked = fieldValue(request, name)
    if (normalised(name, asked) === value) continue
    if (name !== 'accept-language' || language === undefined || favourite(asked) !== language) return false
  }
  return true
}

/** Lists of preferences, in which neither case nor order matter (RFC 9110 §12.5.2 to §12.5.4). */
const preferences: ReadonlySet<string> = new Set(['accept-charset', 'accept-encoding', 'accept-language'])

/** RFC 9111 §4.1 allows to combine lines, to change whitespace, and to order what has no order. */
function normalised(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!preferences.has(name)) return listOf(value).join(',')
  return weighed(value)
    .map(({ choice, weight }) => (weight === '1' ? choice : `${choice};q=${weight}`))
    .sort()
    .join(',')
}

/** The choices in lower case with their qvalues (RFC 9110 §12.4.2), shortened; what is no qvalue stays as it is. */
function weighed(value: string): { choice: string; weight: string }[] {
  return listOf(value.toLowerCase()).map((member) => {
    const [choice, ...rest] = member.split(';').map((part) => part.trim())
    const weight = rest.join(';').replace(/^q\s*=\s*/, '')
    return {
      choice: choice!,
      weight: /^[01](?:\.\d{0,3})?$/.test(weight) ? `${Number(weight)}` : weight || '1'
    }
  })
}

/** The language that weighs more than all others, where there is one. */
function favourite(acceptLanguage: string | undefined): string | undefined {
  const choices = weighed(acceptLanguage ?? '').sort(
    (one, other) => Number(other.weight) - Number(one.weight)
  )
  const [best, next] = choices
  return best !== undefined && Number(best.weight) > Number(next?.weight ?? 0) ? best.choice : undefined
}
