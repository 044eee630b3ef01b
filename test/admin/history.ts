import { test } from 'tap'
import { History } from '../../src/admin/history.ts'
import type { Readings } from '../../src/admin/readings.ts'

const readings = (bytesOut: number, lineReceived: number, hit: number, miss: number, total = 0): Readings =>
  ({ bytesOut, lineReceived, answers: { hit, miss }, viewers: { total } }) as unknown as Readings

test('rates are taken over eight seconds, so that one burst does not shake them', (t) => {
  const history = new History()
  history.record(0, readings(0, 0, 0, 0))
  t.same(history.record(1000, readings(1000, 100, 9, 1)), { out: 1000, in: 100, requests: 10, hits: 0.9 })
  for (let at = 2000; at <= 8000; at += 1000) history.record(at, readings(1000, 100, 9, 1))
  const { out } = history.record(9000, readings(9000, 100, 9, 1))
  t.equal(out, 1000, '8000 bytes since eight seconds ago')
  t.same(history.record(9000, readings(9000, 100, 9, 1)).out, 1000, 'a second look in the same moment')
  t.end()
})

test('the first look has no rates, and nothing answered is no share', (t) => {
  t.same(new History().record(5, readings(100, 10, 0, 0)), { out: 0, in: 0, requests: 0, hits: undefined })
  t.end()
})

test('it keeps ten minutes', (t) => {
  const history = new History()
  for (let second = 0; second <= 1300; second += 2)
    history.record(second * 1000, readings(second * 50, second * 5, second, 0, 7))
  const { at, out, in: incoming, viewers } = history.columns()
  t.equal(at.at(-1), 1300)
  t.equal(at[0], 700)
  t.equal(at.length, out.length)
  t.same([...new Set(out)], [50])
  t.same([...new Set(incoming)], [5])
  t.same([...new Set(viewers)], [7])
  t.end()
})
