import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.ts'
import { openPage, playing, playsOn, withoutBrowser } from '../fixtures/browser.ts'
import { edgeBefore } from '../fixtures/edge.ts'

test('Chromium with hls.js plays through breaks, an outage and a restart of the stream', {
  skip: withoutBrowser ?? false,
  timeout: 150_000
}, async (t) => {
  const owncast = await startOwncast({ latencyLevel: 1, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  const page = await openPage(t)
  await page.goto(`${edge.address}/`)
  await playsOn(page, 4)

  owncast.faults.add({ kind: 'break', target: /\.ts$/, bytes: 3000, times: 3 })
  await playsOn(page, 8)
  t.ok(edge.read().fillsResumed >= 3, 'three breaks in the middle of segments went unnoticed')

  await owncast.faults.refuse()
  await page.waitForTimeout(12_000)
  await owncast.faults.accept()
  await playsOn(page, 8)
  t.same((await playing(page)).errors, [], 'nothing fatal in an outage of twelve seconds')

  owncast.restart()
  await playsOn(page, 8, 60_000)
  t.same((await playing(page)).errors, [], 'nor in a restart')
  t.same(edge.read().fillsBroken, 0)
})
