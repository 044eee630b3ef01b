import { test } from 'tap'
import { LoopLag } from '../../src/admin/loop-lag.ts'
import { Observer, type Told } from '../../src/admin/observer.ts'
import { Chronicle } from '../../src/log/chronicle.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

test('dashboards are told how it is each second, and wait while there is more to do than can be done', async (t) => {
  const clock = new ManualClock()
  const edge = await edgeBefore(t, await ScriptedOrigin.start(t))
  const chronicle = new Chronicle({ clock, outage: () => 60_000 })
  const lag = new LoopLag()
  let isBusy = false
  const read = () => edge.read()
  const observer = new Observer({ clock, read, chronicle, isBusy: () => isBusy, lag, filled: () => {} })
  t.teardown(() => {
    observer.close()
    chronicle.close()
    lag.close()
  })
  const told: Told[] = []
  const unfollow = observer.follow((what) => told.push(what))
  const toldIn = (seconds: number): number => {
    told.length = 0
    clock.pass(seconds * 1000)
    return told.filter(({ event }) => event === 'now').length
  }
  t.equal(toldIn(5), 5)
  isBusy = true
  t.equal(toldIn(5), 0)
  chronicle.tell('bad', 'origin lost', 'it refuses connections')
  t.match(told, [{ event: 'notice' }], 'what happens is told of all the same')
  isBusy = false
  t.equal(toldIn(5), 5, 'and it goes on by itself')
  unfollow()
  t.equal(toldIn(5), 0)
})
