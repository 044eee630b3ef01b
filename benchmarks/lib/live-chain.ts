import { Agent, get } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '../../src/cache.ts'
import type { cores } from './cores.ts'
import { freePort } from './ports.ts'
import { answers, type Program, start } from './program.ts'

const playlist = '/hls/0/stream.m3u8'
const demo = resolve('dist/demo/main.js')
const edge = resolve('dist/main.js')
const tick: Milliseconds = 5

type Place = 'origin' | 'inner' | 'outer'

/** The stand-in Owncast, an edge before it and an edge before that, each a process; and who lists which segment since when. */
export class LiveChain {
  readonly #programs: readonly Program[]
  readonly #ports: Readonly<Record<Place, number>>
  readonly #control: number
  readonly #agent = new Agent({ keepAlive: true })
  /** From place to segment to the moment it was first listed there. */
  readonly #seen: Readonly<Record<Place, Map<string, Milliseconds>>> = {
    origin: new Map(),
    inner: new Map(),
    outer: new Map()
  }
  #asked: Readonly<Record<'inner' | 'outer', number>> = { inner: 0, outer: 0 }
  #admins: Readonly<Record<'inner' | 'outer', number>>

  private constructor(
    programs: readonly Program[],
    ports: Readonly<Record<Place, number>>,
    control: number,
    admins: Readonly<Record<'inner' | 'outer', number>>
  ) {
    this.#programs = programs
    this.#ports = ports
    this.#control = control
    this.#admins = admins
  }

  static async start(level: number, { origin: core, server }: ReturnType<typeof cores>): Promise<LiveChain> {
    const [origin, control, inner, innerAdmin, outer, outerAdmin] = (await Promise.all(
      Array.from({ length: 6 }, freePort)
    )) as [number, number, number, number, number, number]
    const owncast = [
      demo,
      '--port',
      `${origin}`,
      '--control-port',
      `${control}`,
      '--latency-level',
      `${level}`,
      '--at-once'
    ]
    const programs = [
      await start(process.execPath, owncast, { core }, () =>
        answers(`http://127.0.0.1:${origin}/api/status`)
      ),
      await startEdge(origin, inner, innerAdmin, server),
      await startEdge(inner, outer, outerAdmin, server)
    ]
    return new LiveChain(programs, { origin, inner, outer }, control, {
      inner: innerAdmin,
      outer: outerAdmin
    })
  }

  /** Segments that were seen coming everywhere. */
  get segments(): number {
    return this.delays('outer').length
  }

  async watch(time: Milliseconds): Promise<void> {
    const until = Date.now() + time
    while (Date.now() < until) {
      await Promise.all((['origin', 'inner', 'outer'] as const).map((place) => this.#look(place)))
      await sleep(tick)
    }
  }

  forget(): void {
    const known = [...this.#seen.origin.keys()]
    for (const seen of Object.values(this.#seen)) for (const name of known) seen.set(name, Number.NaN)
  }

  async reset(): Promise<void> {
    this.#asked = { inner: await this.#playlistsOf('inner'), outer: await this.#playlistsOf('outer') }
  }

  async playlistRequests(): Promise<Readonly<Record<'inner' | 'outer', number>>> {
    const inner = (await this.#playlistsOf('inner')) - this.#asked.inner
    return { inner, outer: (await this.#playlistsOf('outer')) - this.#asked.outer }
  }

  /** How much later than at the origin each segment was listed. */
  delays(place: 'inner' | 'outer'): Milliseconds[] {
    const delays: Milliseconds[] = []
    for (const [name, at] of this.#seen.origin) {
      const later = (this.#seen[place].get(name) ?? Number.NaN) - at
      if (!Number.isNaN(later)) delays.push(Math.max(0, later))
    }
    return delays
  }

  /** So many viewers, each a User-Agent of its own, ask the inner edge once, spread over the time. */
  async poll(viewers: number, over: Milliseconds): Promise<void> {
    for (let viewer = 0; viewer < viewers; viewer++) {
      void this.#text(this.#ports.inner, playlist, `Player/${viewer}`)
      await sleep(over / viewers)
    }
  }

  async pollUntil(end: Milliseconds, viewers: number, every: Milliseconds): Promise<void> {
    while (Date.now() < end) await this.poll(viewers, every)
  }

  async pings(): Promise<number> {
    const { targets } = JSON.parse(await this.#text(this.#control, '/requests', 'bench')) as {
      targets: Record<string, { count: number } | number>
    }
    const entry = targets['/api/ping'] ?? 0
    return typeof entry === 'number' ? entry : entry.count
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    for (const program of [...this.#programs].reverse()) await program.stop()
  }

  async #look(place: Place): Promise<void> {
    const text = await this.#text(this.#ports[place], playlist, `Watcher/${place}`)
    const newest = text.match(/^stream-.*\.ts$/gm)?.at(-1)
    const seen = this.#seen[place]
    if (newest !== undefined && !seen.has(newest)) seen.set(newest, Date.now())
  }

  async #playlistsOf(place: 'inner' | 'outer'): Promise<number> {
    const metrics = await this.#text(this.#admins[place], '/metrics', 'bench')
    return Number(/origin_requests_total\{kind="media-playlist"\} (\d+)/.exec(metrics)?.[1] ?? 0)
  }

  #text(port: number, path: string, userAgent: string): Promise<string> {
    return new Promise((done, failed) => {
      const request = get(
        { port, path, agent: this.#agent, headers: { 'User-Agent': userAgent } },
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('end', () => done(Buffer.concat(pieces).toString()))
        }
      )
      request.on('error', failed)
    })
  }
}

function startEdge(origin: number, port: number, admin: number, core: number): Promise<Program> {
  const args = [
    edge,
    `--origin=http://127.0.0.1:${origin}`,
    '--host=127.0.0.1',
    `--port=${port}`,
    `--admin-port=${admin}`,
    '--trust-proxy=127.0.0.1'
  ]
  return start(process.execPath, args, { core }, () => answers(`http://127.0.0.1:${admin}/health`))
}
