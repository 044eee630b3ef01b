import { test } from 'tap'
import type { Cache, Outcome, Wanted } from '../../src/cache.ts'
import { OriginError } from '../../src/errors.ts'
import { StatusWatch } from '../../src/keeper/presence-status.ts'
import { OwncastInTime } from '../fixtures/owncast-in-time.ts'

const visitor = { address: '192.0.2.1', userAgent: 'VLC/3.0.21' }

/** A status watch whose questions are answered as told, with the moments at which they came. */
function watching(answer: (owncast: OwncastInTime) => Promise<Outcome>) {
  const owncast = new OwncastInTime()
  const asked: number[] = []
  const changes: boolean[] = []
  const startedAt = owncast.clock.now()
  const cache: Cache = {
    lookup: () => undefined,
    change: async () => {},
    fetch: (wanted) => {
      if (wanted.key !== '/api/status identity presence' || wanted.coding !== 'identity')
        throw new Error(wanted.key)
      asked.push(owncast.clock.now() - startedAt)
      return answer(owncast)
    }
  }
  const changed = (): void => void changes.push(watch.isOnline)
  const watch = new StatusWatch({ cache, clock: owncast.clock, changed })
  return {
    owncast,
    watch,
    asked,
    changes,
    pass: (time: number) => owncast.pass(time, () => watch.askWhenDue(visitor))
  }
}

const hit = { kind: 'hit' } as const
const saying =
  (text: string, status = 200) =>
  async (owncast: OwncastInTime): Promise<Outcome> => ({
    kind: 'stored',
    response: owncast.status(text, status),
    how: hit
  })

test('an offline stream is asked for as soon as the last answer is stale, an online one every 5 s', async (t) => {
  let online = false
  const { watch, asked, changes, pass } = watching((owncast) => saying(JSON.stringify({ online }))(owncast))
  t.equal(watch.isOnline, false)
  await pass(2000)
  t.same(asked, [50, 400, 750, 1100, 1450, 1800])
  online = true
  await pass(20_000)
  t.same(asked.slice(6), [2150, 7150, 12_150, 17_150])
  t.same(changes, [true])
})

test('an answer from before the doubt does not dispel it', async (t) => {
  const owncast = new OwncastInTime()
  const cache = owncast.statusCache()
  const watch = new StatusWatch({ cache, clock: owncast.clock, changed: () => {} })
  const pass = (time: number) => owncast.pass(time, () => watch.askWhenDue(visitor))
  owncast.channel.connect()
  await pass(12_100)
  t.equal(watch.isOnline, true)
  const startedAt = owncast.clock.now()
  const asked = () =>
    owncast.statusRequests.filter(({ at }) => at > startedAt).map(({ at }) => at - startedAt)
  await cache.fetch({ rule: { freshFor: 350 } } as Wanted, visitor)
  await owncast.pass(100)
  owncast.channel.disconnect()
  watch.doubt()
  await pass(200)
  t.equal(watch.isOnline, true, 'what is stored says so still')
  watch.doubt()
  await pass(200)
  t.equal(watch.isOnline, false, 'the first answer after it says otherwise')
  t.equal(asked().length, 1)
})

test('a doubt is dispelled by one question', async (t) => {
  const { watch, asked, changes, pass } = watching(saying('{"online":true}'))
  await pass(1000)
  watch.doubt()
  await pass(2000)
  t.equal(asked.length, 2)
  t.same(changes, [true], 'and nothing has changed')
})

for (const [what, answer] of [
  ['a 404', saying('not found', 404)],
  ['a page', saying('<!DOCTYPE html>')],
  ['JSON of something else', saying('{"online":"perhaps"}')],
  [
    'an answer for one client only',
    async (): Promise<Outcome> => ({ kind: 'uncacheable', why: 'set-cookie' })
  ]
] as const) {
  test(`an origin that says ${what} is no Owncast, and asked again every half minute`, async (t) => {
    const { watch, asked, pass } = watching(answer)
    await pass(61_000)
    t.equal(watch.isOnline, false)
    t.same(asked, [50, 30_050, 60_050])
  })
}

test('an origin in trouble changes nothing and is asked again in a second', async (t) => {
  const answers = [
    saying('{"online":true}'),
    async (): Promise<Outcome> => {
      throw new OriginError('timeout', 'silent')
    },
    async (owncast: OwncastInTime): Promise<Outcome> => ({
      kind: 'stored',
      response: owncast.status('{"online":false}'),
      how: { kind: 'stale', detail: 'timeout' }
    }),
    saying('{"online":true}')
  ]
  const { watch, asked, changes, pass } = watching((owncast) => (answers.shift() ?? saying('{}'))(owncast))
  await pass(8000)
  t.same(asked, [50, 5050, 6050, 7050])
  t.equal(watch.isOnline, true)
  t.same(changes, [true])
})

test('only one question is asked at a time', async (t) => {
  let answer: (outcome: Outcome) => void = () => {}
  const { owncast, watch, asked, pass } = watching(
    () =>
      new Promise((resolve) => {
        answer = resolve
      })
  )
  await pass(10_000)
  t.equal(asked.length, 1)
  answer({ kind: 'stored', response: owncast.status('{"online":true}'), how: hit })
  await pass(50)
  t.equal(watch.isOnline, true)
})
