import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { type Owncast, startOwncast } from '../../src/demo/owncast.ts'
import type { Edge } from '../../src/edge.ts'
import { openPage, withoutBrowser } from '../fixtures/browser.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore, settingsFor } from '../fixtures/edge.ts'

const skip = withoutBrowser === undefined ? {} : { skip: withoutBrowser }

/** A live stream that is watched by two in the better quality and one in the other. */
async function watched(
  t: Test,
  ...flags: string[]
): Promise<{ owncast: Owncast; edge: Edge; watch(): Promise<void> }> {
  const owncast = await startOwncast({ latencyLevel: 0, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast, flags)
  const watch = async (): Promise<void> => {
    await ask(edge.address, '/hls/stream.m3u8', { fields: ['User-Agent', 'one'] })
    for (const [viewer, variant] of [
      ['one', 0],
      ['two', 0],
      ['three', 1]
    ] as const) {
      const fields = ['User-Agent', viewer]
      const { body } = await ask(edge.address, `/hls/${variant}/stream.m3u8`, { fields })
      const newest = body
        .toString()
        .match(/^stream-.*\.ts$/gm)
        ?.at(-1)
      await ask(edge.address, `/hls/${variant}/${newest}`, { fields })
    }
  }
  await watch()
  const timer = setInterval(() => void watch().catch(() => {}), 500)
  t.teardown(() => clearInterval(timer))
  return { owncast, edge, watch }
}

/** Opens the dashboard, and fails the test for any error in it. */
async function open(t: Test, edge: Edge, ignored = /^$/): Promise<Page> {
  const page = await openPage(t)
  const complain = (text: string): void => {
    if (!ignored.test(text)) t.fail(`the page complains: ${text}`)
  }
  page.on('pageerror', (error) => complain(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text())
  })
  await page.goto(edge.adminAddress)
  return page
}

/** Resolves when the element says something like that. */
async function says(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: pattern }).first().waitFor({ timeout: 15_000 })
}

test(
  'the dashboard shows who watches, what flows, each segment and the state of the origin, live',
  skip,
  async (t) => {
    const { owncast, edge } = await watched(t)
    const page = await open(t, edge)
    await says(page, '#state', /^Live$/)
    await says(page, '#viewers', /^3$/)
    await says(page, '#variants li:first-child', /360p.*2$/)
    await says(page, '#variants li:nth-child(2)', /180p.*1$/)
    await says(page, '#rate-out', /[1-9].*bit\/s/)
    await says(page, '#total-in', /MB|kB/)
    await says(page, '#playlists', /360p.*(ms|s)/)
    await says(page, '#segments tbody tr:first-child td:first-child', /^#\d+$/)
    await says(page, '#segments tbody tr:first-child', /\d+ kB.*\d+ ms/)
    await says(page, '#origin-version', /^0\.1\.3$/)
    await says(page, '#stream-state', /live, in segments of 1 s/)
    await says(page, '#notices', /stream started/)
    await says(page, '#resident', /MB/)
    t.match(await page.title(), /^3 watching/)
    const first = await page.locator('#segments tbody tr:first-child td:first-child').textContent()
    await says(page, '#segments tbody tr:first-child td:first-child', new RegExp(`^(?!${first}$)#`))
    t.pass('segments appear as they come in')
    await owncast.faults.refuse()
    await says(page, '#state', /^Origin away$/)
    await says(page, '#notices li.bad', /origin lost – it refuses connections/)
    await owncast.faults.accept()
    await says(page, '#state', /^Live$/)
    await says(page, '#notices', /origin back/)
  }
)

test(
  'the charts are drawn, on a phone as on a desk, in the dark as in the light, and nothing is cut off',
  skip,
  async (t) => {
    const { edge } = await watched(t)
    const page = await open(t, edge)
    for (const width of [360, 390, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await says(page, '#viewers', /^3$/)
        const seen = await page.evaluate(paintedIn)
        t.equal(seen.overflow, 0, `${width} ${colorScheme}: no sideways scrolling`)
        t.equal(seen.charts, 3)
        t.ok(seen.painted, 'each chart has something on it')
        t.equal(seen.isDark, colorScheme === 'dark')
      }
    }
  }
)

/** Runs in the page. */
function paintedIn() {
  const { document, getComputedStyle } = globalThis as unknown as {
    document: {
      documentElement: { scrollWidth: number; clientWidth: number }
      body: object
      querySelectorAll(name: string): Iterable<{
        width: number
        height: number
        getContext(kind: '2d'): { getImageData(...area: number[]): { data: Uint8Array } }
      }>
    }
    getComputedStyle(element: object): { backgroundColor: string }
  }
  const charts = [...document.querySelectorAll('.chart canvas')]
  const isPainted = (chart: (typeof charts)[number]): boolean =>
    chart
      .getContext('2d')
      .getImageData(0, 0, chart.width, chart.height)
      .data.some((value) => value !== 0)
  const { scrollWidth, clientWidth } = document.documentElement
  const [red = 255] = /\d+/.exec(getComputedStyle(document.body).backgroundColor)?.map(Number) ?? []
  return {
    overflow: scrollWidth - clientWidth,
    charts: charts.length,
    painted: charts.every(isPainted),
    isDark: red < 100
  }
}

test('the buttons purge, and the grave one only when it is pressed twice', skip, async (t) => {
  const { edge } = await watched(t)
  await ask(edge.address, '/logo')
  const page = await open(t, edge)
  await says(page, '#viewers', /^3$/)
  await page.fill('#purge-path input', '/logo')
  await page.click('#purge-path button')
  await says(page, '#purge-answer', /^1 stored response purged\.$/)
  await page.click('text=Pictures')
  await says(page, '#purge-answer', /^0 stored responses purged\.$/)
  await page.check('#soft')
  await page.click('button:text-is("Video")')
  await says(page, '#purge-answer', /^[1-9]\d* stored responses made stale\.$/)
  await page.uncheck('#soft')
  await page.click('text=Everything')
  await says(page, 'button.sure', /^Really\?$/)
  await page.click('text=Really?')
  await says(page, '#purge-answer', /^[1-9]\d* stored responses purged\.$/)
  await says(page, '#notices', /purged – everything/)
})

test(
  'with a token, the page asks for it, keeps it for the tab, and says when it is wrong',
  skip,
  async (t) => {
    const { edge } = await watched(t, '--admin-token', 'hunter2')
    const page = await open(t, edge, /401/)
    await page.locator('#login').waitFor()
    t.equal(await page.locator('main').isVisible(), false)
    await page.fill('#login input', 'hunter1')
    await page.click('#login button')
    await says(page, '#login-answer', /That is not the token/)
    await page.fill('#login input', 'hunter2')
    await page.click('#login button')
    await says(page, '#viewers', /^3$/)
    t.equal(await page.locator('#login').isVisible(), false)
    await page.reload()
    await says(page, '#viewers', /^3$/)
    await page.click('text=Pictures')
    await says(page, '#purge-answer', /purged/)
    edge.reload(settingsFor(edge.address, '--admin-token', 'another'))
    await page.reload()
    await says(page, '#login-answer', /That is not the token/)
  }
)
