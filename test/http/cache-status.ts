import { test } from 'tap'
import { appendCacheStatus, type CacheStatus, cacheStatus } from '../../src/http/cache-status.ts'

test('each way of a request has its Cache-Status', async (t) => {
  const table: [CacheStatus, string][] = [
    [{ kind: 'hit', ttl: 30 }, 'edge; hit; ttl=30'],
    [{ kind: 'hit', ttl: 0.9 }, 'edge; hit; ttl=0'],
    [{ kind: 'hit', ttl: -0.1 }, 'edge; hit; ttl=-1'],
    [{ kind: 'hit', ttl: 3, detail: 'followed' }, 'edge; hit; ttl=3; detail=followed'],
    [{ kind: 'forwarded', reason: 'bypass' }, 'edge; fwd=bypass'],
    [{ kind: 'forwarded', reason: 'uri-miss', stored: true }, 'edge; fwd=uri-miss; stored'],
    [
      { kind: 'forwarded', reason: 'uri-miss', collapsed: true, stored: false },
      'edge; fwd=uri-miss; collapsed'
    ],
    [
      { kind: 'forwarded', reason: 'stale', status: 304, stored: true, collapsed: true, ttl: 5 },
      'edge; fwd=stale; fwd-status=304; stored; collapsed; ttl=5'
    ],
    [{ kind: 'forwarded', reason: 'stale', detail: 'timeout' }, 'edge; fwd=stale; detail=timeout']
  ]
  for (const [status, field] of table) t.equal(cacheStatus(status), field)
})

test('a detail that is no token is a quoted string, and no detail can break the field', async (t) => {
  const detailed = (detail: string) => cacheStatus({ kind: 'hit', ttl: 1, detail })
  t.equal(detailed('not whole'), 'edge; hit; ttl=1; detail="not whole"')
  t.equal(detailed('a"b\\c'), 'edge; hit; ttl=1; detail="a\\"b\\\\c"')
  t.equal(detailed('ü\r\nX: y'), 'edge; hit; ttl=1; detail="???X: y"')
  t.equal(detailed(''), 'edge; hit; ttl=1; detail=""')
  t.equal(detailed('5xx'), 'edge; hit; ttl=1; detail="5xx"')
})

test('the cache nearer to the origin stays first', async (t) => {
  t.equal(appendCacheStatus('shield; hit', 'edge; fwd=miss'), 'shield; hit, edge; fwd=miss')
  t.equal(appendCacheStatus(undefined, 'edge; hit'), 'edge; hit')
  t.equal(appendCacheStatus(' ', 'edge; hit'), 'edge; hit')
})
