import { test } from 'tap'
import { type Ping, Pinger } from '../../src/keeper/pinger.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

const visitor = { address: '192.0.2.1', userAgent: 'VLC/3.0.21' }

function pinging() {
  const sent: Ping[] = []
  const clock = new ManualClock()
  const state = { isDown: false, isClosed: false }
  const line = {
    send: (ping: Ping) => void sent.push(ping),
    close: async () => {
      state.isClosed = true
    }
  }
  return { sent, clock, state, pinger: new Pinger({ line, clock, isDown: () => state.isDown }) }
}

test('256 pings at most are under way; the others are shed until one of these is over', (t) => {
  const { sent, pinger } = pinging()
  for (let i = 0; i < 300; i++) t.equal(pinger.tell(visitor, t.fail), i < 256)
  t.equal(sent.length, 256)
  t.equal(pinger.shed, 44)
  t.equal(pinger.hasRoom, false)
  sent[0]?.over('told')
  t.equal(pinger.hasRoom, true)
  t.equal(pinger.tell(visitor, t.fail), true)
  t.equal(pinger.tell(visitor, t.fail), false)
  t.end()
})

test('each ping is counted by what became of it, and missed where Owncast may take it later', (t) => {
  const { sent, pinger } = pinging()
  const missed: number[] = []
  for (let i = 0; i < 4; i++) pinger.tell(visitor, () => void missed.push(i))
  const results = ['told', 'refused', 'lost', 'late'] as const
  for (const [i, result] of results.entries()) sent[i]?.over(result)
  t.match(pinger, { told: 1, failed: 2, shed: 1 })
  t.same(missed, [2, 3], 'an origin that refuses is not asked more often for it')
  t.end()
})

test('a ping that has waited for 3 s may not be sent any more', (t) => {
  const { sent, clock, pinger } = pinging()
  pinger.tell(visitor, t.fail)
  clock.pass(2999)
  t.equal(sent[0]?.mayBeSent(), true)
  clock.pass(1)
  t.equal(sent[0]?.mayBeSent(), false)
  t.end()
})

test('while the origin is away nothing is sent, and nothing counted', (t) => {
  const { sent, state, pinger } = pinging()
  state.isDown = true
  t.equal(pinger.hasRoom, false)
  t.equal(pinger.tell(visitor, t.fail), false)
  t.match(pinger, { told: 0, failed: 0, shed: 0 })
  state.isDown = false
  t.equal(pinger.tell(visitor, t.fail), true)
  t.equal(sent.length, 1)
  t.end()
})

test('its end is the end of its line', async (t) => {
  const { state, pinger } = pinging()
  await pinger.close()
  t.equal(state.isClosed, true)
})
