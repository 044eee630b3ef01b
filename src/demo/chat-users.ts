import { randomBytes } from 'node:crypto'
import type { Clock } from '../cache.ts'

export interface ChatUser {
  readonly id: string
  displayName: string
  readonly displayColor: number
  readonly createdAt: string
  readonly previousNames: string[]
  readonly authenticated: boolean
}

/** Who has registered for chat, by access token. Nothing but the token tells one from another. */
export class ChatUsers {
  readonly #clock: Clock
  /** access token → user */
  readonly #users = new Map<string, ChatUser>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  register(name: string | undefined): { readonly user: ChatUser; readonly accessToken: string } {
    const id = randomBytes(7).toString('base64url').slice(0, 9)
    const accessToken = randomBytes(32).toString('base64url')
    const displayName =
      name === undefined || name === '' ? `guest-${id.slice(0, 4).toLowerCase()}` : name.slice(0, 30)
    const createdAt = new Date(this.#clock.now()).toISOString()
    const displayColor = this.#users.size % 8
    const user = {
      id,
      displayName,
      displayColor,
      createdAt,
      previousNames: [displayName],
      authenticated: false
    }
    this.#users.set(accessToken, user)
    return { user, accessToken }
  }

  find(accessToken: string | null): ChatUser | undefined {
    return accessToken === null ? undefined : this.#users.get(accessToken)
  }

  rename(user: ChatUser, name: string): void {
    user.displayName = name.slice(0, 30)
    user.previousNames.push(user.displayName)
  }
}
