import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { edgeOfPage, provePromises, startCaddy, startNginx } from '../fixtures/behind-proxy.ts'
import { ask } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import { blockOf, commandsIn, withReplaced } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { freePort, needs, startWebServer } from '../fixtures/web-server.ts'

const page = 'docs/behind-a-proxy.md'

test('behind nginx as the page sets it up, everything is as without it', needs('nginx'), async (t) => {
  const to = await edgeOfPage(t, page)
  const plain = await freePort()
  const site = withReplaced(blockOf(page, 'nginx', 'nginx'), { 'listen 80': `listen 127.0.0.1:${plain}` })
  await startNginx(t, site, to)
  await provePromises(t, to)
  const sent = await ask(`http://127.0.0.1:${plain}`, '/some/page?x=1', { host: 'edge.example' })
  t.same([sent.status, sent.field('location')], [301, 'https://edge.example/some/page?x=1'])
})

test('behind Caddy as the page sets it up, everything is as without it', needs('caddy'), async (t) => {
  const to = await edgeOfPage(t, page)
  await startCaddy(t, blockOf(page, 'Caddy', 'caddyfile'), to)
  await provePromises(t, to)
})

test(
  'behind HAProxy as the page sets it up, bytes pass and viewers keep their addresses',
  needs('haproxy'),
  async (t) => {
    const origin = await ScriptedOrigin.start(t)
    origin.on(/-1\.ts$/, (exchange) => exchange.answer(200, [], packets(4000)))
    const args = commandsIn(blockOf(page, 'A proxy that does not speak HTTP', 'sh')).flat()
    const flags = args
      .slice(args.indexOf('--proxy-protocol'))
      .map((arg) => arg.replace('192.0.2.10', '127.0.0.1'))
    t.same(flags, ['--proxy-protocol', '--trust-proxy', '127.0.0.1'])
    const edge = await secureEdgeBefore(t, origin, flags)
    const port = await freePort()
    const file = join(t.testdir(), 'haproxy.cfg')
    const site = blockOf(page, 'A proxy that does not speak HTTP', 'haproxy')
    writeFileSync(
      file,
      withReplaced(site, {
        'bind :443': `bind 127.0.0.1:${port}`,
        'server edge 127.0.0.1:8443': `server edge ${new URL(edge.address).host}`
      })
    )
    await startWebServer(t, 'haproxy', ['-db', '-f', file], port)
    const tls = { ca: edge.authority.pem }
    await provePromises(t, { origin, edge, port, address: `https://127.0.0.1:${port}`, tls, folder: '' })
  }
)
