/**
 * Everything that a fetch can end in instead of an answer, and the status a client gets for it (RFC 9110 §15.6). All but the
 * last two are the origin's; those are of requests that it need not be asked for.
 */
const statuses = {
  unreachable: 502,
  broken: 502,
  unusable: 502,
  timeout: 504,
  overloaded: 503,
  'invalid-directives': 400,
  'too-far-ahead': 400
} as const

export type OriginErrorCode = keyof typeof statuses

const sentences: Record<OriginErrorCode, string> = {
  unreachable: 'The origin server cannot be reached.',
  broken: 'The origin server broke off its answer.',
  unusable: 'The origin server gave an answer that cannot be used.',
  timeout: 'The origin server did not answer in time.',
  overloaded: 'Too many requests are waiting for the origin server.',
  'invalid-directives': 'The delivery directives of the request make no sense.',
  'too-far-ahead': 'What the request waits for is too far ahead.'
}

/** A fetch that failed. `code` is one of a closed set; `status` is what a client is told; `detail` is for operators. */
export class OriginError extends Error {
  readonly code: OriginErrorCode
  readonly detail: string

  constructor(code: OriginErrorCode, detail: string) {
    super(sentences[code])
    this.name = 'OriginError'
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return statuses[this.code]
  }
}
