import { test } from 'tap'
import { allocatedIn } from '../../benchmarks/lib/gc-trace.ts'

test('what was allocated is the growth of the heap between collections, whatever they freed', async (t) => {
  const trace = [
    'owncast-edge 0.1.0 in front of http://127.0.0.1:8085',
    '[123:0x5c] 1000 ms: Scavenge 10.0 (40.0) -> 4.0 (41.0) MB, 1.2 / 0.0 ms  (average mu = 1.000) allocation failure;',
    '[123:0x5c] 1100 ms: Scavenge 20.0 (41.0) -> 4.5 (41.0) MB, 1.2 / 0.0 ms  (average mu = 1.000) allocation failure;',
    '[123:0x5c] 1200 ms: Mark-Compact 8.5 (41.0) -> 3.0 (41.0) MB, 3.2 / 0.0 ms  (average mu = 1.000) finalize;'
  ].join('\n')
  t.equal(allocatedIn(trace), (16 + 4) * 2 ** 20)
})

test('without collections nothing is known to have been allocated', async (t) => {
  t.equal(allocatedIn(''), 0)
})
