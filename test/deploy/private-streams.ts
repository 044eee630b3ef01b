import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import {
  type BehindProxy,
  edgeOfPage,
  provePromises,
  startCaddy,
  startNginx,
  statusOf
} from '../fixtures/behind-proxy.ts'
import { blockOf, withReplaced } from '../fixtures/recipes.ts'
import { askTls } from '../fixtures/tls-client.ts'
import { needs } from '../fixtures/web-server.ts'

const page = 'docs/private-streams.md'
const segment = '/hls/0/stream-abcdefghi-1.ts'
const basic = (name: string, password: string): string[] => [
  'Authorization',
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
]
/** What looks like Owncast's admin pages to one reader and like video to another. */
const ambiguous = [
  `/admin/..${segment}`,
  `/admin/%2e%2e${segment}`,
  `/admin/%2e%2e%2f${segment.slice(1)}`,
  `/api/admin/../..${segment}`,
  `//admin/..${segment}`,
  `/admin/.%2e${segment}`,
  `/admin;/..${segment}`
]

/** Whoever is not let in gets that status for everything, and nothing of what they ask for reaches the origin. */
async function proveClosed(
  t: Test,
  to: BehindProxy,
  status: number,
  fields: readonly string[] = []
): Promise<void> {
  const before = to.origin.requests.length
  const targets = ['/', '/hls/stream.m3u8', segment, '/api/status', '/api/chat', '/ws', '/thumbnail.jpg']
  for (const target of [...targets, ...ambiguous]) {
    const got = await statusOf(to, target, fields)
    t.ok(got === status || got === 400, `${target}: ${got}`)
  }
  t.equal(to.origin.requests.length, before, 'the origin heard of nothing')
}

/** Owncast's own password passes where Owncast asks for it, and only there. */
async function proveAdmin(t: Test, to: BehindProxy): Promise<void> {
  const own = basic('admin', 'abc123')
  for (const target of [
    '/admin/',
    '/api/admin/status',
    '/api/integrations/chat/send?x=1',
    '/admin/a.b/c.js'
  ]) {
    const asked = to.origin.next(target)
    const answer = askTls(to.address, target, to.tls, { fields: own })
    const exchange = await asked
    t.equal(exchange.field('authorization'), own[1], target)
    exchange.answer(200, [], 'admin')
    t.equal((await answer).status, 200)
  }
}

/** What the gate asked for stays with it, and is no reason to fetch video again. */
async function proveShared(t: Test, to: BehindProxy, fields: readonly string[]): Promise<void> {
  await provePromises(t, to, fields)
  t.equal(to.origin.count(segment), 1, 'one copy for all who were let in')
  for (const exchange of to.origin.requests)
    if (!/admin|integrations/.test(exchange.target))
      t.equal(exchange.field('authorization'), undefined, exchange.target)
}

test(
  'with a password at nginx, nobody sees anything without it, and all share one copy',
  needs('nginx'),
  async (t) => {
    const to = await edgeOfPage(t, page)
    const file = join(to.folder, 'htpasswd')
    writeFileSync(file, 'friends:{PLAIN}secret\n')
    const site = blockOf(page, 'A password, with nginx', 'nginx')
    await startNginx(t, withReplaced(site, { '/etc/nginx/live.htpasswd': file }), to)
    await proveClosed(t, to, 401)
    await proveClosed(t, to, 401, basic('friends', 'wrong'))
    await proveAdmin(t, to)
    await proveShared(t, to, basic('friends', 'secret'))
  }
)

test('with a link at nginx, whoever has opened it once is let in', needs('nginx'), async (t) => {
  const to = await edgeOfPage(t, page)
  await startNginx(t, blockOf(page, 'A link, with nginx', 'nginx'), to)
  await proveClosed(t, to, 403)
  await proveClosed(t, to, 403, ['Cookie', 'live=wrong'])
  t.equal(await statusOf(to, '/enter?key=wrong'), 403)
  await proveAdmin(t, to)
  const entered = await askTls(to.address, '/enter?key=CHANGE-ME', to.tls)
  t.equal(entered.status, 302)
  t.match(entered.field('location'), /^(https:\/\/edge\.example(:\d+)?)?\/$/)
  t.match(entered.field('set-cookie'), /; Path=\/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax$/)
  const [cookie = ''] = entered.field('set-cookie')?.split(';', 1) ?? []
  await proveShared(t, to, ['Cookie', cookie])
})

test(
  'with a password at Caddy, nobody sees anything without it, and all share one copy',
  needs('caddy'),
  async (t) => {
    const to = await edgeOfPage(t, page)
    await startCaddy(t, blockOf(page, 'A password, with Caddy', 'caddyfile'), to)
    await proveClosed(t, to, 401)
    await proveAdmin(t, to)
    await proveShared(t, to, basic('friends', 'hiccup'))
  }
)

test('with a single sign-on at Caddy, whom it knows is let in', needs('caddy'), async (t) => {
  const to = await edgeOfPage(t, page)
  const asked: (string | undefined)[] = []
  const signOn = createServer(({ headers, url }, response) => {
    asked.push(url)
    const isKnown = headers.cookie === 'session=known'
    response.writeHead(isKnown ? 200 : 302, isKnown ? {} : { Location: 'https://auth.example.com/' }).end()
  }).listen(0, '127.0.0.1')
  t.teardown(() => signOn.close())
  await new Promise((resolve) => signOn.once('listening', resolve))
  const { port } = signOn.address() as AddressInfo
  const site = blockOf(page, 'Accounts, with Caddy and a single sign-on', 'caddyfile')
  await startCaddy(t, withReplaced(site, { '127.0.0.1:9091': `127.0.0.1:${port}` }), to)
  await proveClosed(t, to, 302)
  t.match(asked[0], /^\/api\/verify\?rd=https:\/\/auth\.example\.com\//)
  await proveShared(t, to, ['Cookie', 'session=known'])
})
