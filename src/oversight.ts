import { Admin } from './admin/admin.ts'
import type { Readings } from './admin/readings.ts'
import { AutoPurge } from './auto-purge.ts'
import type { Timekeeper } from './cache.ts'
import type { Keeper } from './keeper/keeper.ts'
import type { Presence } from './keeper/presence.ts'
import type { Line } from './line.ts'
import { AccessWriter } from './log/access-writer.ts'
import { Chronicle, type Notice } from './log/chronicle.ts'
import { LogFile, standardOutput } from './log/log-file.ts'
import type { Policy } from './policy.ts'
import { type PurgeOrder, selects } from './purge.ts'
import { readingsOf } from './readings.ts'
import type { App } from './server/app.ts'
import type { Settings } from './settings.ts'
import { Variants } from './variants.ts'

export interface OversightOptions {
  readonly settings: Settings
  readonly origin: URL
  readonly version: string
  readonly clock: Timekeeper
  readonly keeper: Keeper
  readonly presence: Presence
  readonly policy: Policy
  readonly line: Line
  readonly app: App
}

/** What operators see of the edge and steer it by: admin listener, events, access log, purging, new settings. */
export class Oversight {
  readonly admin: Admin
  readonly #options: OversightOptions
  readonly #chronicle: Chronicle
  readonly #autoPurge: AutoPurge
  readonly #variants: Variants
  #settings: Settings
  #accessLog: AccessWriter | undefined
  /** Lines lost by logs that are closed. */
  #dropped = 0
  #shown: object = {}

  constructor(options: OversightOptions) {
    const { settings, version, origin, clock, keeper, app } = options
    this.#options = options
    this.#settings = settings
    this.#variants = new Variants(() => keeper.store.peek('/hls/stream.m3u8'))
    this.#chronicle = new Chronicle({ clock, outage: () => this.#settings.outage })
    this.#autoPurge = new AutoPurge(keeper, options.policy, clock)
    this.admin = new Admin({
      version,
      origin: origin.origin,
      profile: settings.profile,
      clock,
      read: () => this.read(),
      chronicle: this.#chronicle,
      isBusy: () => app.desk.limits.overload.sheds('dashboards'),
      host: settings.adminHost,
      token: settings.adminToken,
      purge: (order) => this.#purge(order),
      showSettings: () => this.#shown
    })
    this.#openLog(settings)
  }

  read(): Readings {
    const accessLinesDropped = (): number => this.#dropped + (this.#accessLog?.dropped ?? 0)
    return readingsOf({ ...this.#options, variants: this.#variants, accessLinesDropped })
  }

  /** Calls back with what has happened and happens, in plain words. */
  follow(listener: (notice: Notice) => void): void {
    for (const notice of this.#chronicle.recent) listener(notice)
    this.#chronicle.follow(listener)
  }

  /** What /config answers. */
  show(settings: object): void {
    this.#shown = settings
  }

  /** Puts into force what can be changed while requests are answered. The access log's file is opened anew. */
  reload(settings: Settings): void {
    const { keeper, app } = this.#options
    this.#settings = settings
    app.desk.trust.replace(settings.trustProxy)
    app.desk.rules.replace(settings)
    app.desk.limits.replace(settings)
    app.desk.lane.forget()
    keeper.resize(settings)
    keeper.live.outage = settings.outage
    this.admin.useToken(settings.adminToken)
    this.#closeLog()
    this.#openLog(settings)
  }

  async close(): Promise<void> {
    this.#autoPurge.close()
    await this.admin.close()
    await this.#closeLog()
    this.#options.line.close()
    this.#chronicle.close()
  }

  #purge(order: PurgeOrder): number {
    const { keeper, policy } = this.#options
    const matches = selects(order, policy)
    return order.isSoft ? keeper.expire(matches) : keeper.purge(matches)
  }

  #openLog({ accessLog, accessLogFile }: Settings): void {
    if (accessLog === 'off') return
    const sink = accessLogFile === undefined ? standardOutput() : new LogFile(accessLogFile)
    const failed = (why: string): void => this.#chronicle.tell('bad', 'access log lost lines', why)
    this.#accessLog = new AccessWriter({ format: accessLog, sink, failed })
    this.#options.app.desk.access.log = this.#accessLog
  }

  async #closeLog(): Promise<void> {
    const log = this.#accessLog
    this.#accessLog = undefined
    this.#options.app.desk.access.log = undefined
    await log?.close()
    this.#dropped += log?.dropped ?? 0
  }
}
