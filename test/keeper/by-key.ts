import { test } from 'tap'
import { ByKey } from '../../src/keeper/by-key.ts'

test('what comes under a key is there until it leaves', (t) => {
  const values = new ByKey<number>()
  values.set('/a', 1)
  values.set('__proto__', 2)
  values.set('/a', 3)
  t.equal(values.size, 2)
  t.equal(values.get('/a'), 3)
  t.equal(values.get('__proto__'), 2)
  t.equal(values.get('toString'), undefined)
  t.same(values.entries, [
    ['/a', 3],
    ['__proto__', 2]
  ])
  values.delete('/a', 1)
  t.equal(values.get('/a'), 3, 'another one has come in its place')
  values.delete('/a', 3)
  values.delete('/a')
  values.delete('__proto__')
  t.equal(values.size, 0)
  t.same(values.entries, [])
  t.end()
})
