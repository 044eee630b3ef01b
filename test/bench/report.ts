import { test } from 'tap'
import type { Sample } from '../../src/bench/audience.ts'
import { chartAssets, report } from '../../src/bench/report.ts'
import type { Outcome } from '../../src/bench/run.ts'

const sample = (at: number): Sample => ({
  at,
  viewers: 5,
  playing: 4,
  starting: 1,
  overdue: 0,
  stalled: 0,
  stalls: 0,
  errors: 0,
  bytes: at * 1e6,
  latency: at === 0 ? undefined : 6
})
const outcome = (entrance: string): Outcome => ({
  plan: { entrance, viewers: 5, ramp: 1, seconds: 3, churn: 0 },
  samples: [0, 1, 2].map(sample),
  summary: {
    visits: 5,
    smooth: 4,
    undisturbed: 0.8,
    stalls: 1,
    waiting: 0.1,
    startup: { median: 400, p99: 900 },
    unserved: 0,
    jumps: 0,
    latency: { median: 6, max: 6.2 },
    bytes: 3e6,
    playlists: 9,
    segments: 8,
    errors: { 'segment 404': 2 },
    lag: 3
  }
})
const assets = { script: 'const uPlot = "</script>" /* $& */', style: '.uplot {}' }
const at = new Date('2026-01-02T03:04:05Z')

test('a report names its targets, their figures and when it was made', async (t) => {
  const page = report(
    [outcome('http://a.example/hls/stream.m3u8'), outcome('http://b.example/live/all.m3u8')],
    assets,
    at
  )
  for (const text of [
    'How 5 viewers fared',
    '<th>http://a.example</th>',
    '<th>http://b.example/live/all.m3u8</th>',
    '80 %',
    '2 × segment 404',
    '2026-01-02 03:04'
  ]) {
    t.ok(page.includes(text), text)
  }
})

test('a report carries the samples that its charts draw', async (t) => {
  const page = report([outcome('http://a.example/hls/stream.m3u8')], assets, at)
  const runs = JSON.parse(/const runs = (\[.*\])/.exec(page)![1]!)
  t.same(runs, [
    {
      name: 'a.example',
      at: [0, 1, 2],
      playing: [4, 4, 4],
      waiting: [1, 1, 1],
      latency: [null, 6, 6],
      megabits: [0, 8, 8]
    }
  ])
})

test('nothing in a target or in the chart library ends a script or opens a tag', async (t) => {
  const page = report([outcome('http://a.example/<b>&"</script>.m3u8')], assets, at)
  t.equal(page.match(/<script>/g)?.length, page.match(/<\/script>/g)?.length)
  t.notOk(page.includes('<b>'))
  t.ok(page.includes('const uPlot = "<\\/script>" /* $& */'))
})

test('the chart library is written into the report, which asks the network for nothing', async (t) => {
  const page = report([outcome('http://a.example/hls/stream.m3u8')], chartAssets(), at)
  t.ok(page.includes('uPlot=function'))
  t.ok(page.includes('.uplot'))
  t.notMatch(page, /<(script|link|img|iframe)[^>]+(src|href)=/)
})
