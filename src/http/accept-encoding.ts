import { listOf } from './fields.ts'

/** The content codings this edge can send. */
export type Coding = 'br' | 'gzip' | 'identity'

/**
 * The coding to answer in (RFC 9110 §12.5.3): the heaviest that the client accepts, among equals the one `offered` first.
 * Identity wherever nothing else is asked for, also where the client refuses it: a body it may not like beats none.
 */
export function preferredCoding(header: string | undefined, offered: readonly Coding[]): Coding {
  if (header === undefined || header === '') return 'identity'
  const weights = weightsIn(header)
  let preferred: Coding = 'identity'
  // Identity that is not mentioned is acceptable, but lighter than anything mentioned.
  let heaviest = weights.get('identity') ?? 0
  for (const coding of offered) {
    const weight = coding === 'identity' ? 0 : (weights.get(coding) ?? weights.get('*') ?? 0)
    if (weight > heaviest || (weight === heaviest && weight > 0 && preferred === 'identity')) {
      preferred = coding
      heaviest = weight
    }
  }
  return preferred
}

function weightsIn(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const member of listOf(header.toLowerCase())) {
    const [coding, ...parameters] = member.split(';').map((part) => part.trim())
    weights.set(coding === 'x-gzip' ? 'gzip' : coding!, weightIn(parameters))
  }
  return weights
}

/** The qvalue (RFC 9110 §12.4.2): 1 where there is none, 0 where it is none. */
function weightIn(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
  if (weight === undefined) return 1
  const value = weight.slice(weight.indexOf('=') + 1).trim()
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 0
}
