/** What this edge does not answer, by the operator's settings. */
export interface Refused {
  readonly status: 403 | 421
  readonly code: 'admin-denied' | 'misdirected'
  readonly error: string
}

export interface RuleSettings {
  /** Names answered for, in lower case; none: all. */
  readonly hosts: readonly string[]
  readonly denyAdmin: boolean
}

const misdirected: Refused = {
  status: 421,
  code: 'misdirected',
  error: 'This server does not answer for that host.'
}
const adminDenied: Refused = {
  status: 403,
  code: 'admin-denied',
  error: "Owncast's admin pages are not served here."
}
/** So many spellings of Host are remembered as admitted. */
const mostKnown = 100

/** Whom and what this edge refuses; may be changed while requests are answered. */
export class Rules {
  #hosts: ReadonlySet<string> = new Set()
  #deniesAdmin = false
  /** Values of Host, as they came, that were found to be among the names. */
  readonly #known = new Set<string>()

  constructor(settings: RuleSettings) {
    this.replace(settings)
  }

  replace({ hosts, denyAdmin }: RuleSettings): void {
    this.#hosts = new Set(hosts)
    this.#deniesAdmin = denyAdmin
    this.#known.clear()
  }

  /** Undefined where the request is to be answered. RFC 9110 §15.5.20 for hosts that are not ours. */
  refusal(host: string | undefined, target: string): Refused | undefined {
    if (this.#hosts.size > 0 && !this.admits(host)) return misdirected
    return this.#deniesAdmin && isAdmin(target) ? adminDenied : undefined
  }

  /** Whether requests for this Host are answered. */
  admits(host: string | undefined): boolean {
    if (this.#hosts.size === 0) return true
    if (host === undefined) return false
    if (this.#known.has(host)) return true
    const name = host
      .toLowerCase()
      .replace(/:\d*$/, '')
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
    if (!this.#hosts.has(name)) return false
    if (this.#known.size < mostKnown) this.#known.add(host)
    return true
  }
}

/**
 * Whether Owncast could take this target for its admin pages or their API: it decodes paths before it looks at them, and
 * its older versions lead unclean ones to clean ones (owncast.md §1.1).
 */
export function isAdmin(target: string): boolean {
  const [path = ''] = target.split(/[?#]/, 1)
  const plain = decoded(path.replace(/^[a-z]+:\/\/[^/]*/i, ''))
    .toLowerCase()
    .replaceAll('\\', '/')
  const steps: string[] = []
  for (const step of plain.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  const [first, second] = steps
  return first === 'admin' || (first === 'api' && second === 'admin')
}

/** Twice, because something between us and Owncast might decode once more. */
function decoded(path: string): string {
  const decode = (text: string): string =>
    text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return decode(decode(path))
}
