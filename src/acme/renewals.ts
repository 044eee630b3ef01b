import type { Cancel, Milliseconds, Timekeeper } from '../cache.ts'
import type { Certificate } from '../certificate.ts'
import {
  type CertificateRefused,
  type CertificateShown,
  certificateRefused,
  certificateShown
} from '../certificate-events.ts'
import { renewalAt, retryDelay } from './schedule.ts'
import type { StateFolder } from './state-folder.ts'

/** The clock is looked at no less often than this: timers cannot be set for months, and machines sleep. */
const lookEvery: Milliseconds = 6 * 60 * 60 * 1000

export interface RenewalsOptions {
  readonly domains: readonly string[]
  readonly folder: StateFolder
  readonly clock: Timekeeper
  /** Orders a new certificate; rejects where it cannot be had now. */
  readonly order: (domain: string) => Promise<Certificate>
  /** Takes every certificate that is to be shown from now on. */
  readonly show: (certificate: Certificate, domain: string) => void
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** What is planned for a domain. */
interface Plan {
  readonly domain: string
  /** When the next certificate is ordered. */
  dueAt: Milliseconds
  failures: number
}

/**
 * Keeps a certificate for each domain: shows those from before the restart, orders those that are missing, and renews all
 * in time, one after the other. Each domain has a certificate of its own, so that one whose address has not reached the
 * DNS yet holds up no other. A failure changes nothing in what is shown.
 */
export class Renewals {
  readonly #options: RenewalsOptions
  readonly #plans: readonly Plan[]
  readonly #random: () => number
  #cancel: Cancel = () => {}
  #isClosed = false

  constructor(options: RenewalsOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#plans = options.domains.map((domain) => ({ domain, dueAt: 0, failures: 0 }))
    for (const plan of this.#plans) this.#load(plan)
  }

  /** Orders what is due, now and from now on. Resolves when what was due has been tried. */
  async begin(): Promise<void> {
    for (const plan of this.#plans) {
      if (this.#isClosed) return
      if (plan.dueAt <= this.#options.clock.now()) await this.#renew(plan)
    }
    if (!this.#isClosed) this.#rest()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  #rest(): void {
    const { clock } = this.#options
    const next = Math.min(...this.#plans.map(({ dueAt }) => dueAt)) - clock.now()
    this.#cancel = clock.after(Math.min(Math.max(next, 1000), lookEvery), () => void this.begin())
  }

  #load(plan: Plan): void {
    const { folder, show } = this.#options
    try {
      const kept = folder.certificateFor(plan.domain)
      if (kept === undefined) return
      show(kept, plan.domain)
      plan.dueAt = renewalAt(kept, this.#random())
    } catch (error) {
      // What is kept is damaged: it is as if nothing were.
      refuse(plan.domain, error as Error, undefined)
    }
  }

  async #renew(plan: Plan): Promise<void> {
    try {
      const certificate = await this.#options.order(plan.domain)
      if (!this.#isClosed) this.#take(plan, certificate)
    } catch (error) {
      plan.failures++
      plan.dueAt = this.#options.clock.now() + retryDelay(plan.failures, this.#random())
      refuse(plan.domain, error as Error, plan.dueAt)
    }
  }

  #take(plan: Plan, certificate: Certificate): void {
    const { folder, show } = this.#options
    const { domain } = plan
    show(certificate, domain)
    plan.failures = 0
    plan.dueAt = renewalAt(certificate, this.#random())
    certificateShown.publish({
      source: domain,
      validUntil: certificate.validUntil
    } satisfies CertificateShown)
    try {
      folder.keepCertificate(domain, certificate)
    } catch (error) {
      // It is shown all the same; ordering it again would not make room on the disk.
      refuse(domain, error as Error, undefined)
    }
  }
}

function refuse(source: string, { message: detail }: Error, retryAt: Milliseconds | undefined): void {
  certificateRefused.publish({ source, detail, retryAt } satisfies CertificateRefused)
}
