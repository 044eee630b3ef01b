import type { FetchEnded } from '../keeper/events.ts'
import { inPlainWords, nameOf } from './plain-words.ts'
import { redacted } from './redact.ts'

/** A fetch that failed, in words. */
export interface Failure {
  /** The same for failures that are told together. */
  readonly what: string
  readonly text: string
}

/** What is to be told of a fetch that has ended; undefined where it ended well. */
export function failureOf({ result, kind, key, detail }: FetchEnded): Failure | undefined {
  const name = nameOf(kind)
  const path = redacted(key.split(' ', 1)[0] ?? '')
  switch (result) {
    case 'unreachable':
      return { what: 'origin unreachable', text: `${inPlainWords(detail)}, when asked for ${name} (${path})` }
    case 'timeout':
      return { what: 'origin slow', text: `no answer in time for ${name} (${path}): ${inPlainWords(detail)}` }
    case 'broken':
      return { what: 'answer broken off', text: `${name} (${path}): ${inPlainWords(detail)}` }
    case 'unusable':
      return { what: 'answer not usable', text: `${name} (${path}): ${detail}` }
    case 'overloaded':
      return { what: 'too many waiting', text: `${name} (${path}) was refused: ${detail}` }
    default:
      return undefined
  }
}
