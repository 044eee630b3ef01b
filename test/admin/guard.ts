import { test } from 'tap'
import { Guard } from '../../src/admin/guard.ts'

const status = (guard: Guard, headers: Record<string, string>, method = 'GET', isOpen = false) =>
  guard.refusal({ method, isOpen, headers })?.status

test('with a token, only who sends it is answered, by whatever name they come', (t) => {
  const guard = new Guard('0.0.0.0', 'hunter2')
  t.equal(status(guard, { host: '127.0.0.1:9090' }), 401)
  t.equal(status(guard, { host: '127.0.0.1:9090', authorization: 'Bearer hunter' }), 401)
  t.equal(status(guard, { host: '127.0.0.1:9090', authorization: 'Bearer hunter22' }), 401)
  t.equal(status(guard, { host: '127.0.0.1:9090', authorization: 'Basic aHVudGVyMg==' }), 401)
  t.equal(status(guard, { host: 'edge:9090', authorization: 'Bearer hunter2' }), undefined)
  t.equal(status(guard, { host: 'edge:9090', authorization: 'bearer  hunter2 ' }), undefined)
  t.equal(status(guard, { host: 'edge:9090' }, 'GET', true), undefined, '/health is open')
  guard.use('another')
  t.equal(
    status(guard, { host: 'edge:9090', authorization: 'Bearer hunter2' }),
    401,
    'a new one counts at once'
  )
  t.end()
})

test('without a token, a name that only leads here is not answered: it may be another site’s', (t) => {
  const guard = new Guard('edge.lan', undefined)
  for (const host of [
    '127.0.0.1:9090',
    '[::1]:9090',
    '192.168.1.2',
    'localhost:9090',
    'a.localhost',
    'EDGE.lan.:9090'
  ])
    t.equal(status(guard, { host }), undefined, host)
  for (const host of ['evil.example:9090', 'localhost.evil.example', 'edge.lan.evil.example', ''])
    t.equal(status(guard, { host }), 421, host)
  t.equal(guard.refusal({ method: 'GET', isOpen: false, headers: {} })?.status, 421, 'no Host')
  t.end()
})

test('no other site orders anything by way of an operator’s browser', (t) => {
  const guard = new Guard('127.0.0.1', undefined)
  const host = '127.0.0.1:9090'
  t.equal(status(guard, { host }, 'POST'), undefined, 'curl')
  t.equal(
    status(guard, { host, origin: 'http://127.0.0.1:9090', 'sec-fetch-site': 'same-origin' }, 'POST'),
    undefined
  )
  t.equal(status(guard, { host, origin: 'https://evil.example' }, 'POST'), 403)
  t.equal(status(guard, { host, origin: 'null' }, 'POST'), 403)
  t.equal(status(guard, { host, origin: 'http://127.0.0.1:8080' }, 'POST'), 403, 'nor another port')
  t.equal(status(guard, { host, 'sec-fetch-site': 'cross-site' }, 'POST'), 403)
  t.end()
})
