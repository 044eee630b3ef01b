import type { Clock, Milliseconds } from '../cache.ts'
import { type Answer, json, noStore } from './answer.ts'
import type { Channel } from './channel.ts'
import type { Viewers } from './viewers.ts'

export const VERSION = '0.1.3'
export const TITLE = 'A minute of colours'

export interface StatusParts {
  readonly channel: Channel
  readonly clock: Clock
  readonly viewers: Viewers
}

/** What /api/status says and the page is hydrated with (controllers/status.go). A count of zero is left out. */
export function readStatus({ channel, clock, viewers }: StatusParts) {
  const viewerCount = channel.isOnline ? viewers.list().length : 0
  return {
    serverTime: new Date(clock.now()).toISOString(),
    lastConnectTime: time(channel.lastConnectedAt),
    lastDisconnectTime: time(channel.lastDisconnectedAt),
    versionNumber: VERSION,
    streamTitle: TITLE,
    ...(viewerCount > 0 ? { viewerCount } : {}),
    online: channel.isOnline
  }
}

export function answerStatus(parts: StatusParts): Answer {
  return json(200, noStore, readStatus(parts))
}

function time(at: Milliseconds | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
