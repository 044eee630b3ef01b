import { test } from 'tap'
import { openPage, playing, playsOn, withoutBrowser } from '../fixtures/browser.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { withoutFfmpeg } from '../fixtures/ffmpeg.ts'
import { LowLatencyOrigin } from '../fixtures/low-latency-origin.ts'

test('hls.js plays low-latency HLS through the edge, near its live edge, also through an outage; two viewers cost the origin one', {
  skip: withoutBrowser ?? withoutFfmpeg ?? false
}, async (t) => {
  const origin = await LowLatencyOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--profile', 'generic'])
  const page = await openPage(t)
  const other = await openPage(t)
  for (const one of [page, other]) await one.goto(`${edge.address}/`)
  await Promise.all([page, other].map((one) => playsOn(one, 1)))
  origin.targets.length = 0
  await Promise.all([page, other].map((one) => playsOn(one, 12)))
  for (const one of [page, other]) {
    t.same((await playing(one)).errors, [], 'without a fatal error')
    const latency = await one.evaluate(
      () => (globalThis as unknown as { hls: { latency: number } }).hls.latency
    )
    t.comment(`${latency.toFixed(2)} s behind live`)
    t.ok(latency > 0 && latency < 6, `${latency} s behind live: nearer than three segments`)
  }
  const waited = origin.targets.filter((target) => target.includes('_HLS_msn'))
  t.ok(waited.length >= 15, `${waited.length} reloads waited at the origin`)
  t.equal(new Set(waited).size, waited.length, 'each of them once, for both')
  const media = origin.targets.filter((target) => target.endsWith('.m4s'))
  t.ok(media.filter((target) => /\.\d\.m4s$/.test(target)).length >= 15, 'parts were played')
  t.equal(new Set(media).size, media.length, 'each once, for both')

  origin.refuse()
  await page.waitForTimeout(8000)
  await origin.accept()
  await Promise.all([page, other].map((one) => playsOn(one, 4)))
  for (const one of [page, other])
    t.same((await playing(one)).errors, [], 'nothing fatal in an outage of eight seconds')
})
