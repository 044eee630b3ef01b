import { test } from 'tap'
import { Health } from '../../src/keeper/health.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

/** An origin's health, with a probe that says what `isThere` says. */
function healthOf() {
  const clock = new ManualClock()
  const state = { isThere: false, probes: 0 }
  const changes: boolean[] = []
  const probe = async (): Promise<boolean> => {
    state.probes++
    return state.isThere
  }
  const health = new Health(clock, probe, (isDown) => changes.push(isDown))
  const pass = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      clock.pass(250)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { health, clock, state, changes, pass }
}

test('a refused connection is an outage at once; a broken body is none', (t) => {
  const { health, changes } = healthOf()
  health.failed('broken', 'ECONNRESET')
  health.failed('unusable', 'nonsense')
  t.notOk(health.isDown)
  health.failed('unreachable', 'ECONNREFUSED')
  t.ok(health.isDown)
  t.same(changes, [true])
  t.end()
})

test('one silence is none, two in a row are; an answer between them counts', (t) => {
  const { health } = healthOf()
  health.failed('timeout', '')
  health.answered()
  health.failed('timeout', '')
  t.notOk(health.isDown)
  health.failed('timeout', '')
  t.ok(health.isDown)
  t.end()
})

test('a lost origin is probed four times a second, and its return wakes everybody once', async (t) => {
  const { health, state, changes, pass } = healthOf()
  health.failed('unreachable', '')
  let woken = 0
  health.whenUp(() => woken++)
  const cancel = health.whenUp(() => t.fail('cancelled'))
  cancel()
  await pass(4)
  t.equal(state.probes, 4)
  t.ok(health.isDown)
  t.equal(woken, 0)
  state.isThere = true
  await pass(1)
  t.notOk(health.isDown)
  t.equal(woken, 1)
  await pass(4)
  t.equal(state.probes, 5, 'and is probed no more')
  t.same(changes, [true, false])
})

test('after it is closed nothing is probed', async (t) => {
  const { health, state, pass } = healthOf()
  health.failed('unreachable', '')
  health.close()
  await pass(4)
  t.equal(state.probes, 0)
})
