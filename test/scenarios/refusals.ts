import { test } from 'tap'
import { isAdmin, Rules } from '../../src/server/rules.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

test('with --hosts, other names get 421 and never reach the origin', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200, [], 'here'))
  const edge = await edgeBefore(t, origin, ['--hosts', 'live.example,[::1]'])
  for (const host of ['live.example', 'LIVE.example:8080', 'live.example.', '[::1]:8080'])
    t.equal((await ask(edge.address, '/page', { host })).status, 200, host)
  for (const host of ['evil.example', 'live.example.evil.example', '127.0.0.1', 'xlive.example']) {
    const answer = await ask(edge.address, '/logo', { host })
    t.equal(answer.status, 421, host)
    t.match(JSON.parse(answer.body.toString()), { code: 'misdirected' })
  }
  t.equal(
    (await ask(edge.address, 'http://evil.example/page', { host: 'live.example' })).status,
    421,
    'absolute form'
  )
  t.equal(origin.count('/logo'), 0)
  t.equal(edge.read().answers.refused, 5)
})

test('with --deny-admin, nothing that Owncast takes for its admin pages passes', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200, [], 'here'))
  const edge = await edgeBefore(t, origin, ['--deny-admin'])
  for (const target of [
    '/admin',
    '/admin/',
    '/admin?x',
    '/api/admin/status',
    '/%61dmin/',
    '//admin/',
    '/x/../admin'
  ]) {
    const answer = await ask(edge.address, target, { fields: ['Authorization', 'Basic YWRtaW46YWJjMTIz'] })
    t.equal(answer.status, 403, target)
  }
  t.equal((await ask(edge.address, '/api/admin/disconnect', { method: 'POST' })).status, 403)
  t.equal(origin.requests.length, 0)
  for (const target of ['/administer', '/api/status', '/my/admin/page', '/?next=/admin'])
    t.equal((await ask(edge.address, target)).status, 200, target)
})

test('however an admin path is written, it is one', (t) => {
  for (const target of [
    '/admin',
    '/ADMIN/',
    '/api/admin',
    '/api//admin/x',
    '/api/./admin',
    '/api/x/../admin/y',
    '/..//admin',
    '/%2561dmin',
    '/api%2fadmin/x',
    '/api/%61%64min',
    '\\admin',
    'http://live.example/admin',
    '/admin#x'
  ])
    t.ok(isAdmin(target), target)
  for (const target of [
    '/',
    '/adminx',
    '/api/adminx',
    '/api/chat/admin',
    '/hls/admin',
    '/admin.html',
    '/?/admin',
    '/%zz'
  ])
    t.notOk(isAdmin(target), target)
  t.end()
})

test('without names, all are answered for', (t) => {
  const rules = new Rules({ hosts: [], denyAdmin: false })
  t.ok(rules.admits(undefined))
  t.ok(rules.admits('anything'))
  rules.replace({ hosts: ['live.example'], denyAdmin: false })
  t.notOk(rules.admits(undefined))
  t.notOk(rules.admits('anything'))
  t.ok(rules.admits('live.example'))
  t.end()
})
