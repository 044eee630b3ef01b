import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { blocksOf, commandsIn } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

test('at a venue, the public name opens everything, and an address the video, as the page says', async (t) => {
  const [venue = [], outer = []] = blocksOf('docs/local-cache.md')
    .filter(({ under, language }) => under === 'At a venue' && language === 'sh')
    .flatMap(({ text }) => commandsIn(text))
  t.same(venue.slice(-2), ['--cache-size', '64MB'])
  t.same(outer.slice(-2), ['--trust-proxy', '198.51.100.7'])
  const origin = await ScriptedOrigin.start(t)
  origin.on('/hls/0/stream.m3u8', (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], packets(100)))
  origin.on('/api/x', (exchange) => exchange.answer(200, [], 'page'))
  // Their own address stands for the name that the house's edge has as its origin.
  const hosts = ['--hosts', 'live.example.com,127.0.0.1', '--trust-proxy', '127.0.0.1']
  const inner = await edgeBefore(t, await edgeBefore(t, origin, hosts), venue.slice(-2))
  const name = { host: 'live.example.com' }
  t.equal((await ask(inner.address, '/api/x', name)).status, 200)
  for (const host of ['live.example.com', '192.168.1.5:8080'])
    for (const target of ['/hls/0/stream.m3u8', '/hls/0/stream-abcdefghi-1.ts'])
      t.equal((await ask(inner.address, target, { host })).status, 200, `${target} by ${host}`)
  t.equal((await ask(inner.address, '/api/x', { host: '192.168.1.5:8080' })).status, 421)
  t.equal(origin.count('/hls/0/stream-abcdefghi-1.ts'), 1, 'once over both lines')
})
