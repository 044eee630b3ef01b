import { type Test, test } from 'tap'
import { Overload, type Sheddable } from '../../../src/server/limits/overload.ts'

const all: readonly Sheddable[] = ['dashboards', 'pages', 'pings', 'viewers']

/** An overload that is told of the time instead of living in it. */
function untimed(
  t: Test,
  most: number
): { overload: Overload; turns(count: number, lag: number): Sheddable[] } {
  const overload = new Overload(most)
  overload.close()
  let now = performance.now() + 60_000
  overload.note(now)
  const turn = (lag: number): void => {
    now += 50 + lag
    overload.note(now)
  }
  for (let i = 0; i < 200; i++) turn(0)
  t.teardown(() => overload.close())
  return {
    overload,
    turns: (count, lag) => {
      for (let i = 0; i < count; i++) turn(lag)
      return all.filter((what) => overload.sheds(what))
    }
  }
}

test('the later this process runs, the more is shed: dashboards, pages, pings, new viewers', (t) => {
  const { turns } = untimed(t, 200)
  t.same(turns(50, 10), [])
  t.same(turns(50, 60), ['dashboards'])
  t.same(turns(50, 120), ['dashboards', 'pages'])
  t.same(turns(50, 170), ['dashboards', 'pages', 'pings'])
  t.same(turns(50, 250), ['dashboards', 'pages', 'pings', 'viewers'])
  t.same(turns(50, 0), [], 'and nothing, soon after it is over')
  t.end()
})

test('a single late turn is no overload', (t) => {
  const { turns } = untimed(t, 200)
  t.same(turns(1, 170), ['dashboards'])
  t.same(turns(10, 0), [])
  t.end()
})

test('switched off, nothing is shed', (t) => {
  const { turns, overload } = untimed(t, Number.POSITIVE_INFINITY)
  t.same(turns(50, 5000), [])
  overload.limit(200)
  t.same(turns(1, 5000), all)
  t.end()
})

test('the real event loop is measured', async (t) => {
  const overload = new Overload(100)
  t.teardown(() => overload.close())
  for (let i = 0; i < 5; i++) {
    const until = performance.now() + 200
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  t.ok(overload.lag > 50, `${overload.lag} ms`)
})
