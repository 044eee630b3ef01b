import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.ts'
import { openPage, playing, playsOn, withoutBrowser } from '../fixtures/browser.ts'
import { edgeBefore } from '../fixtures/edge.ts'

test('Chromium with hls.js plays the watch page through the edge, and chats', {
  skip: withoutBrowser ?? false
}, async (t) => {
  const owncast = await startOwncast({ latencyLevel: 1, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  const page = await openPage(t)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${edge.address}/`)
  // The first jump is the one to the live edge.
  await playsOn(page, 1)
  await playsOn(page, 15)
  t.same((await playing(page)).errors, [], 'without a fatal error')

  await page.fill('#chat-input', 'hello through the edge')
  await page.click('#chat-send')
  await page.waitForFunction(
    () =>
      (
        globalThis as unknown as { document: { querySelector(name: string): { textContent: string } | null } }
      ).document
        .querySelector('#chat-log')
        ?.textContent.includes('hello through the edge') === true,
    undefined,
    { timeout: 20_000 }
  )
  t.equal(edge.read().tunnels, 1)
  t.ok(owncast.requests.matching(/^\/ws\?/).length > 0, 'the message went to the origin and came back')
  t.same(complaints, [])

  const segments = owncast.requests.matching(/^\/hls\/.*\.ts$/)
  const targets = new Set(segments.map(({ target }) => target))
  t.equal(segments.length, targets.size, 'no segment was asked for twice')
  t.same(
    owncast.viewers().map(({ ip }) => ip),
    ['127.0.0.1'],
    'and Owncast counts one viewer'
  )
})
