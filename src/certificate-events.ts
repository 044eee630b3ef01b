import { channel } from 'node:diagnostics_channel'
import type { Milliseconds } from './cache.ts'

/** Another certificate is shown from now on. */
export interface CertificateShown {
  /** Where it comes from: a file, or the domain it was ordered for. */
  readonly source: string
  readonly validUntil: Milliseconds
}

export const certificateShown = channel('owncast-edge:certificate-shown')

/** A certificate could not be had or used; what was shown before goes on being shown. */
export interface CertificateRefused {
  readonly source: string
  readonly detail: string
  /** When it is tried again, since the epoch; undefined where something must change first. */
  readonly retryAt: Milliseconds | undefined
}

export const certificateRefused = channel('owncast-edge:certificate-refused')
