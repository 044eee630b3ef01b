import { test } from 'tap'
import { invalidatedTargets, isUnsafe } from '../../src/http/invalidation.ts'

const request = { method: 'POST', host: 'edge.example', target: '/a?b' }

test('an unsafe method that did not fail invalidates its target, an unknown one too', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'get'])
    for (const status of [200, 204, 301, 304])
      t.same(invalidatedTargets({ ...request, method }, { status, fields: [] }), ['/a?b'])
})

test('safe methods, interim and failed answers invalidate nothing', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
    t.equal(isUnsafe(method), false)
    t.same(invalidatedTargets({ ...request, method }, { status: 200, fields: ['Location', '/x'] }), [])
  }
  for (const status of [100, 103, 400, 404, 500])
    t.same(invalidatedTargets(request, { status, fields: [] }), [])
})

test('Location and Content-Location are invalidated too, on the same host only', async (t) => {
  const named = (...fields: string[]) => invalidatedTargets(request, { status: 201, fields })
  t.same(named('Location', 'c', 'content-location', 'https://edge.example/d?e'), ['/a?b', '/c', '/d?e'])
  t.same(named('Location', 'https://other.example/c', 'Content-Location', '/a?b'), ['/a?b'])
  t.same(named('Location', 'http://['), ['/a?b'])
})
