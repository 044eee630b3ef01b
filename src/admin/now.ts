import type { Bytes, Milliseconds, Seconds } from '../cache.ts'
import type { Rates } from './history.ts'
import { savedRatio } from './metric-table.ts'
import type { Readings } from './readings.ts'

/** The state of the edge at one moment, as the dashboard shows it. */
export interface Now {
  readonly at: Milliseconds
  readonly uptime: Seconds
  readonly rates: Rates
  readonly totals: { readonly out: Bytes; readonly in: Bytes; readonly saved: number }
  readonly watching: { readonly total: number; readonly variants: readonly Watched[] }
  readonly isOnline: boolean
  readonly playlists: readonly Followed[]
  readonly origin: {
    readonly isDown: boolean
    readonly since: Milliseconds
    readonly version: string | undefined
  }
  readonly chat: number
  readonly connections: number
  readonly fills: number
  readonly memory: {
    readonly resident: Bytes
    readonly stored: Bytes
    readonly held: Bytes
    readonly limit: Bytes
    readonly responses: number
  }
  readonly lag: Milliseconds
  /** When the certificate ends, since the epoch; undefined without HTTPS. */
  readonly certificateUntil: Milliseconds | undefined
}

interface Watched {
  readonly variant: string
  readonly name: string
  readonly bandwidth: number
  readonly viewers: number
}

interface Followed {
  readonly variant: string
  readonly name: string
  readonly staleness: Milliseconds
  readonly targetDuration: Milliseconds
}

export interface Look {
  readonly at: Milliseconds
  readonly readings: Readings
  readonly rates: Rates
  readonly startedAt: Milliseconds
  readonly originChangedAt: Milliseconds
  readonly lag: Milliseconds
}

export function nowOf({ at, readings, rates, startedAt, originChangedAt, lag }: Look): Now {
  const { bytesOut, lineReceived, viewers, originIsDown, originVersion, tunnels, connections, fills } =
    readings
  return {
    at,
    uptime: (at - startedAt) / 1000,
    rates,
    totals: { out: bytesOut, in: lineReceived, saved: savedRatio(readings) },
    watching: { total: viewers.total, variants: watchedOf(readings) },
    isOnline: viewers.isOnline,
    playlists: followedOf(readings),
    origin: { isDown: originIsDown, since: originChangedAt, version: originVersion },
    chat: tunnels,
    connections,
    fills,
    memory: memoryOf(readings),
    lag,
    certificateUntil: readings.certificateUntil
  }
}

/** All variants that exist, watched or not, the best first. */
function watchedOf({ viewers, variants }: Readings): Watched[] {
  const numbers = new Set([...Object.keys(variants), ...Object.keys(viewers.variants)])
  return [...numbers]
    .map((variant) => ({
      variant,
      name: nameOf(variants, variant),
      bandwidth: variants[variant]?.bandwidth ?? 0,
      viewers: viewers.variants[variant] ?? 0
    }))
    .sort((a, b) => b.bandwidth - a.bandwidth)
}

function followedOf({ playlists, variants }: Readings): Followed[] {
  const bandwidth = (variant: string): number => variants[variant]?.bandwidth ?? 0
  return playlists
    .map((playlist) => ({ ...playlist, name: nameOf(variants, playlist.variant) }))
    .sort((a, b) => bandwidth(b.variant) - bandwidth(a.variant))
}

function nameOf(variants: Readings['variants'], variant: string): string {
  const known = variants[variant]?.name
  if (known !== undefined) return known
  // Other servers' are told by the paths of their playlists.
  return variant.startsWith('/') ? variant.slice(1).replace(/\.m3u8?$/i, '') : `variant ${variant}`
}

function memoryOf({ storedBytes, heldBytes, cacheSize, storedResponses }: Readings): Now['memory'] {
  const resident = process.memoryUsage.rss()
  return {
    resident,
    stored: storedBytes,
    held: heldBytes,
    limit: cacheSize,
    responses: storedResponses
  }
}
