import { type Answer, anyOrigin, json, noStore } from './answer.ts'
import type { Chat } from './chat.ts'
import { TITLE, VERSION } from './status.ts'

export interface ConfigParts {
  readonly chat: Chat
}

/** What /api/config says and the page is hydrated with (controllers/config.go). */
export function readConfig({ chat }: ConfigParts) {
  return {
    name: 'Owncast stand-in',
    summary: 'An imitation of an Owncast server, for trying out what stands before one.',
    offlineMessage: '',
    logo: '/logo',
    tags: ['demo'],
    version: VERSION,
    nsfw: false,
    extraPageContent: '<p>A minute of moving colours, again and again.</p>',
    streamTitle: TITLE,
    socialHandles: [],
    chatDisabled: chat.isDisabled,
    externalActions: [],
    customStyles: '',
    appearanceVariables: {},
    maxSocketPayloadSize: 2048,
    federation: { enabled: true, account: 'demo@localhost', followerCount: 0 },
    notifications: { browser: { enabled: false } },
    authentication: { indieAuthEnabled: true },
    socketHostOverride: ''
  }
}

export function answerConfig(parts: ConfigParts): Answer {
  return json(200, { ...noStore, ...anyOrigin }, readConfig(parts))
}
