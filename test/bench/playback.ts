import { test } from 'tap'
import { Playback } from '../../src/bench/playback.ts'

test('playback begins with the first media, and the time until then is the startup', async (t) => {
  const playback = new Playback(1000)
  t.equal(playback.state(1500), 'starting')
  t.equal(playback.startup, undefined)
  playback.append(3, undefined, 1800)
  t.equal(playback.state(1800), 'playing')
  t.equal(playback.startup, 800)
})

test('a buffer that runs dry stalls at that moment, however late one looks', async (t) => {
  const playback = new Playback(0)
  playback.append(2, undefined, 0)
  t.equal(playback.stalledFor(5000), 3000)
  t.equal(playback.stalls(5000), 1)
  t.equal(playback.state(5000), 'stalled')
})

test('a stall ends when media arrives, and its time is kept', async (t) => {
  const playback = new Playback(0)
  playback.append(2, undefined, 0)
  playback.append(2, undefined, 2500)
  t.equal(playback.state(4000), 'playing')
  t.equal(playback.stalledFor(4000), 500)
  t.equal(playback.stalls(4000), 1)
})

test('media that arrives in time prevents the stall', async (t) => {
  const playback = new Playback(0)
  for (let second = 0; second < 10; second++) playback.append(1, undefined, second * 990)
  t.equal(playback.stalls(9500), 0)
  t.equal(Math.round(playback.ahead(9500) * 1000), 500)
})

test('the picture is as old as the date of what is played, and older by each stall', async (t) => {
  const playback = new Playback(10_000)
  t.equal(playback.latency(10_000), undefined)
  playback.append(2, 4000, 10_000)
  t.equal(playback.latency(10_000), 6000)
  t.equal(playback.latency(11_000), 6000)
  playback.append(2, 6000, 13_000)
  t.equal(playback.latency(14_000), 7000)
})

test('the picture has no age where the media has no date', async (t) => {
  const playback = new Playback(0)
  playback.append(2, undefined, 0)
  t.equal(playback.latency(500), undefined)
})

test('running dry after the last media is the end and no stall', async (t) => {
  const playback = new Playback(0)
  playback.append(2, undefined, 0)
  playback.complete(1000)
  t.equal(playback.state(5000), 'ended')
  t.equal(playback.stalls(5000), 0)
})

test('whoever had run dry already stops waiting when nothing more will come', async (t) => {
  const playback = new Playback(0)
  playback.append(2, undefined, 0)
  playback.complete(3000)
  t.equal(playback.state(3000), 'ended')
  t.equal(playback.stalledFor(9000), 1000)
})
