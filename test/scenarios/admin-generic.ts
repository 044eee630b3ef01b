import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { askAdmin } from '../fixtures/admin.ts'
import { openPage, withoutBrowser } from '../fixtures/browser.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { anyPorts, Program } from '../fixtures/program.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const folder = '/event/main-stage/a-quality-with-a-very-long-name-indeed'
const playlist = `${folder}/index.m3u8`

/** Two who watch one stream of another server than Owncast, each with a token of their own. */
async function watched(t: Test): Promise<Edge> {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--profile', 'generic'])
  origin.on(/index\.m3u8/, (exchange) =>
    exchange.answer(200, ['Content-Type', 'application/vnd.apple.mpegurl'], mediaPlaylist({ target: 1 }))
  )
  origin.on(/\.ts/, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(10)))
  const watch = async (viewer: string): Promise<void> => {
    const fields = ['User-Agent', viewer]
    await ask(edge.address, `${playlist}?token=s3cret-${viewer}`, { fields })
    await ask(edge.address, `${folder}/stream-abcdefghi-1.ts?token=s3cret-${viewer}`, { fields })
  }
  const both = (): Promise<unknown> => Promise.all([watch('one'), watch('two')])
  await both()
  const timer = setInterval(() => void both().catch(() => {}), 500)
  t.teardown(() => clearInterval(timer))
  return edge
}

test('tokens in the targets of other servers make no label, and who watches with them is counted together', async (t) => {
  const edge = await watched(t)
  const metrics = (await askAdmin(edge, '/metrics')).body.toString()
  t.ok(metrics.includes(`owncast_edge_viewers{variant="${playlist}"} 2\n`))
  t.equal(metrics.split(`owncast_edge_playlist_staleness_seconds{variant="${playlist}"}`).length, 2, 'once')
  const viewers = JSON.parse((await askAdmin(edge, '/viewers')).body.toString())
  t.same(viewers.variants, { [playlist]: 2 })
  t.notMatch(metrics + JSON.stringify(viewers), /s3cret/)
})

test('the dashboard tells variants of other servers by their paths, and shows nothing of Owncast', {
  ...(withoutBrowser === undefined ? {} : { skip: withoutBrowser })
}, async (t) => {
  const edge = await watched(t)
  const page = await openPage(t)
  page.on('pageerror', (error) => t.fail(error.message))
  await page.setViewportSize({ width: 360, height: 800 })
  await page.goto(edge.adminAddress)
  const says = (selector: string, hasText: RegExp): Promise<void> =>
    page.locator(selector).filter({ hasText }).first().waitFor({ timeout: 15_000 })
  await says('#variants li', new RegExp(`${folder.slice(1)}/index.*2$`))
  await says('#playlists li', new RegExp(`${folder.slice(1)}/index`))
  await says('#segments tbody tr', new RegExp(`#1${folder.slice(1)}`))
  await says('h2', /From the origin/)
  for (const gone of ['#origin-version', 'text=Page files', 'text=From home'])
    t.notOk(await page.locator(gone).first().isVisible(), gone)
  t.ok(await page.locator('text=Everything').isVisible())
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok((overflow as number) <= 0, 'no sideways scrolling, however long a path is')
  t.notMatch(await page.content(), /s3cret/)
})

test('the start names no page and no playlist that only Owncast has', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const program = Program.start(t, [...anyPorts, '--origin', origin.address, '--profile', 'generic'])
  const [, address = ''] = await program.says(/serves +(http:\/\/127\.0\.0\.1:\d+)\/\n/)
  await program.says(/metrics +http/)
  t.notMatch(program.output, /stream\.m3u8|watch/)
  t.equal((await ask(address, '/anything')).status, 404, 'the origin answers')
})
