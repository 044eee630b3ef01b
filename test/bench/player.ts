import { test } from 'tap'
import { type MediaPlaylist, Player } from '../../src/bench/player.ts'

const listing = (mediaSequence: number, count: number, rest: Partial<MediaPlaylist> = {}): MediaPlaylist => ({
  targetDuration: 3,
  mediaSequence,
  segments: Array.from({ length: count }, (_, index) => ({
    uri: `http://origin/hls/0/stream-abcdefghi-${mediaSequence + index}.ts`,
    duration: 3,
    programDateTime: undefined
  })),
  ended: false,
  ...rest
})

const sequenceOf = (player: Player, now: number): number | undefined => {
  const uri = player.wanted(now)?.uri
  return uri === undefined ? undefined : Number(/(\d+)\.ts$/.exec(uri)?.[1])
}

/** Loads whatever is wanted, at once. */
const loadAll = (player: Player, now: number): void => {
  for (let segment = player.wanted(now); segment !== undefined; segment = player.wanted(now))
    player.segmentLoaded(segment, now)
}

test('a player begins three target durations before the end', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 0)
  t.equal(sequenceOf(player, 0), 107)
})

test('a player begins with the first segment where the playlist is shorter, or has ended', async (t) => {
  const short = new Player(0)
  short.playlistLoaded(listing(4, 2), 0, 0)
  t.equal(sequenceOf(short, 0), 4)
  const ended = new Player(0)
  ended.playlistLoaded(listing(0, 10, { ended: true }), 0, 0)
  t.equal(sequenceOf(ended, 0), 0)
})

test('a changed playlist is reloaded a target duration after its load began, an unchanged one after half of it', async (t) => {
  const player = new Player(0)
  t.equal(player.reloadAt, 0)
  player.playlistLoaded(listing(100, 10), 1000, 1400)
  t.equal(player.reloadAt, 4000)
  player.playlistLoaded(listing(100, 10), 4000, 4100)
  t.equal(player.reloadAt, 5500)
  player.playlistLoaded(listing(101, 10), 5500, 5600)
  t.equal(player.reloadAt, 8500)
})

test('a playlist that took longer than that is reloaded at once', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 7000)
  t.equal(player.reloadAt, 7000)
})

test('a playlist with an end is not reloaded', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(0, 2, { ended: true }), 0, 0)
  t.equal(player.reloadAt, Number.POSITIVE_INFINITY)
})

test('a failed reload is repeated after half a target duration, a failed first load after a second', async (t) => {
  const player = new Player(0)
  player.playlistFailed(200)
  t.equal(player.reloadAt, 1200)
  player.playlistLoaded(listing(100, 10), 1200, 1300)
  player.playlistFailed(4300)
  t.equal(player.reloadAt, 5800)
})

test('segments are loaded in turn, and nothing is wanted until the playlist has more', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 0)
  loadAll(player, 10)
  t.equal(player.wanted(10), undefined)
  player.playlistLoaded(listing(101, 10), 3000, 3010)
  t.equal(sequenceOf(player, 3010), 110)
})

test('a full buffer wants nothing until some of it has been played', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(0, 20, { ended: true }), 0, 0)
  loadAll(player, 0)
  t.equal(player.playback.ahead(0), 30)
  t.equal(player.wanted(0), undefined)
  t.equal(sequenceOf(player, 1), 10)
})

test('a segment that does not come is asked for again after a second, and given up after three times', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 0)
  for (const now of [0, 1000, 2000]) {
    t.equal(sequenceOf(player, now), 107)
    player.segmentFailed(now)
    t.equal(player.wanted(now + 999), undefined)
  }
  t.equal(sequenceOf(player, 3000), 108)
  t.equal(player.jumps, 1)
})

test('a player that the playlist has left behind jumps forward, and one late segment does not confuse it', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 0)
  const late = player.wanted(0)!
  player.playlistLoaded(listing(120, 10), 60_000, 60_000)
  t.equal(player.jumps, 1)
  player.segmentLoaded(late, 60_100)
  t.equal(sequenceOf(player, 60_100), 127)
})

test('a new stream, whose sequence begins at 0 again, is played from its beginning', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(100, 10), 0, 0)
  loadAll(player, 0)
  player.playlistLoaded(listing(0, 1), 3000, 3000)
  t.equal(sequenceOf(player, 3000), 0)
})

test('a player that has loaded all of an ended playlist ends without a stall', async (t) => {
  const player = new Player(0)
  player.playlistLoaded(listing(0, 2, { ended: true }), 0, 0)
  loadAll(player, 0)
  t.equal(player.playback.state(5999), 'playing')
  t.equal(player.playback.state(6001), 'ended')
  t.equal(player.playback.stalls(6001), 0)
})
