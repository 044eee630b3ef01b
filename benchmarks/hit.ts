import { figure, table } from '../src/bench/table.ts'
import { costTable } from './lib/cost-table.ts'
import { allocatedIn } from './lib/gc-trace.ts'
import { inTurn, type Results } from './lib/in-turn.ts'
import type { Pressure } from './lib/measure.ts'
import { syntheticOrigin } from './lib/origin-server.ts'
import { type Answer, atMost, type Goal, type Options, type Question } from './lib/question.ts'
import { against, ratio } from './lib/ratios.ts'
import { type Costs, sideBySide } from './lib/side-by-side.ts'

/** What was measured of one contender in one round. */
type Hits = Costs<'playlist' | 'segment'>

const playlist = '/hls/0/stream.m3u8'
const pressures: Readonly<Record<keyof Hits, Pressure>> = {
  playlist: { target: playlist, connections: 64, warmUp: 4 },
  // BBR takes tens of thousands of answers to learn how fast a loopback is, and sets timers for each until then.
  segment: { target: '/hls/0/stream-benchmark-1.ts', connections: 32, warmUp: 20 }
}
const startOrigin = syntheticOrigin({ segmentBytes: 1e6 })
const self = 'owncast-edge'

export const hit: Question = {
  name: 'hit',
  asks: 'What does it cost to send again what is stored?',
  async run(options) {
    const plain = await sideBySide(options, { startOrigin }, pressures)
    const setting = { startOrigin, tls: 'tls', abilities: ['tls'] } as const
    const tls = await sideBySide(options, setting, pressures)
    return answerOf(plain, tls, await measureAllocation(options))
  }
}

/** Name of a contender → bytes of JavaScript objects made for each playlist hit: only of those that run in Node. */
async function measureAllocation(options: Options): Promise<ReadonlyMap<string, number>> {
  const setting = { startOrigin, abilities: ['node'], nodeFlags: ['--trace-gc'] } as const
  const results = await inTurn({ ...options, rounds: 1 }, setting, async ({ standing, load }) => {
    await load.open({ port: standing.port, isTls: false }, 64)
    await load.loop({ target: playlist, seconds: options.quick ? 1 : 2 })
    const before = standing.output().length
    const { answers } = await load.loop({ target: playlist, seconds: options.quick ? 2 : 5 })
    return allocatedIn(standing.output().slice(before)) / answers
  })
  return new Map([...results].map(([name, [bytes]]) => [name, bytes!]))
}

function answerOf(plain: Results<Hits>, tls: Results<Hits>, allocated: ReadonlyMap<string, number>): Answer {
  const both = [
    { label: '', results: plain },
    { label: ' TLS', results: tls }
  ]
  const tables = [
    costTable(
      'playlist, 1.1 KB',
      both.map((some) => ({ ...some, of: ({ playlist }: Hits) => playlist, per: 'perAnswer' as const }))
    ),
    costTable(
      'segment, 1 MB',
      both.map((some) => ({ ...some, of: ({ segment }: Hits) => segment, per: 'perMegabyte' as const }))
    ),
    table(
      ['memory', 'bytes per playlist'],
      [...allocated].map(([name, bytes]) => [name, figure(bytes)])
    )
  ]
  const figures = {
    plain: Object.fromEntries(plain),
    tls: Object.fromEntries(tls),
    allocated: Object.fromEntries(allocated)
  }
  return { figures, table: tables.join('\n\n'), goals: goalsOf(plain, tls) }
}

function goalsOf(plain: Results<Hits>, tls: Results<Hits>): Goal[] {
  const perPlaylist = ({ playlist }: Hits): number => playlist.perAnswer
  const perMegabyte = ({ segment }: Hits): number => segment.perMegabyte
  const rivals = ['Varnish', 'Traffic Server']
  return [
    ...atMost('playlist hit, × nginx', ratio(plain, self, 'nginx', perPlaylist), 1),
    ...atMost('segment, × nginx', ratio(plain, self, 'nginx', perMegabyte), 0.7),
    ...atMost(
      'segment, × the best of Varnish and Traffic Server',
      against(plain, self, rivals, perMegabyte),
      1
    ),
    ...atMost('playlist hit over TLS, × nginx', ratio(tls, self, 'nginx', perPlaylist), 1.05),
    ...atMost('segment over TLS, × nginx', ratio(tls, self, 'nginx', perMegabyte), 0.9)
  ]
}
