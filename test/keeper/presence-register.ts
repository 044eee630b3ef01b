import { test } from 'tap'
import { Register } from '../../src/keeper/presence-register.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

const ann = { address: '192.0.2.1', userAgent: 'VLC/3.0.21' }
const bob = { address: '192.0.2.1', userAgent: 'mpv 0.39.0' }
const live = '/hls/0/stream.m3u8'

function registerInTime() {
  const clock = new ManualClock()
  const register = new Register(clock)
  return { clock, register, see: see.bind(undefined, register, clock) }
}

function see(register: Register, clock: ManualClock, visitor: typeof ann, key?: string) {
  const viewer = register.recognise(visitor, key, clock.now())
  viewer?.seen(clock.now())
  return viewer
}

test('an address with a User-Agent is one viewer, however they come', (t) => {
  const { register, see } = registerInTime()
  const viewer = see(ann, live)
  t.equal(see(ann), viewer)
  t.equal(see({ ...ann }, '/hls/stream.m3u8'), viewer, 'as another object')
  t.not(see(bob, live), viewer)
  t.not(see({ ...ann, address: '192.0.2.2' }, live), viewer)
  t.equal(register.attendance().total, 3)
  t.end()
})

test('a viewer is in the variant whose media playlist they asked for last', (t) => {
  const { register, see } = registerInTime()
  see(ann, live)
  see(bob, live)
  see({ ...ann, address: '192.0.2.3' })
  see({ ...ann, address: '192.0.2.4' }, '/hls/stream.m3u8')
  see({ ...ann, address: '192.0.2.5' }, '/storage/hls/3/stream.m3u8')
  t.same(register.attendance(), { total: 5, variants: { 0: 2, 3: 1 } })
  see(bob, '/hls/12/stream.m3u8')
  see(bob, '/hls/stream.m3u8')
  see(bob)
  t.same(register.attendance(), { total: 5, variants: { 0: 1, 3: 1, 12: 1 } })
  t.end()
})

test('a watcher is whoever reloaded that very playlist last, as long as they are not overdue', (t) => {
  const { clock, register, see } = registerInTime()
  t.equal(register.watcherOf(live), undefined)
  t.equal(register.lastSeenAt(live), 0)
  for (let i = 0; i < 4; i++) {
    see(ann, live)
    clock.pass(1000)
    see(bob, `${live}?_HLS_msn=${i}`)
    clock.pass(1000)
  }
  const at = clock.now() - 1000
  see(ann, '/hls/1/stream.m3u8')
  see(ann)
  t.equal(register.watcherOf(live), bob)
  t.equal(register.watcherOf(`${live}?_HLS_msn=13`), bob)
  t.equal(register.watcherOf('/hls/1/stream.m3u8'), ann)
  t.equal(register.watcherOf('/hls/2/stream.m3u8'), undefined)
  t.equal(register.lastSeenAt(live), at)
  clock.pass(2000)
  t.equal(register.watcherOf(live), bob, 'who reloads every two seconds')
  clock.pass(1000)
  t.equal(register.watcherOf(live), undefined, 'a second late')
  t.equal(register.lastSeenAt(live), at, 'when that was is known for longer')
  t.end()
})

test('where the last to reload is overdue, somebody slower may still be watching', (t) => {
  const { clock, register, see } = registerInTime()
  for (let i = 0; i <= 20; i++) {
    if (i % 5 === 0) see(ann, live)
    if (i < 20) clock.pass(500)
    see(bob, live)
    if (i < 20) clock.pass(500)
  }
  t.equal(register.watcherOf(live), bob)
  clock.pass(2500)
  t.equal(register.watcherOf(live), ann)
  clock.pass(5000)
  t.equal(register.watcherOf(live), undefined)
  t.end()
})

test('who reloads sooner when nothing was new is not overdue after that', (t) => {
  const { clock, register, see } = registerInTime()
  for (const gap of [3000, 3000, 1500, 3000, 1500]) {
    see(ann, live)
    clock.pass(gap)
  }
  see(ann, live)
  clock.pass(3000)
  t.equal(register.watcherOf(live), ann)
  t.end()
})

test('who has not been seen for 15 s is gone, and new when they come back', (t) => {
  const { clock, register, see } = registerInTime()
  const viewer = see(ann, live)
  clock.pass(15_000)
  t.equal(register.attendance().total, 1)
  t.same(register.anybody(), ann)
  clock.pass(1)
  t.equal(register.attendance().total, 0)
  t.equal(register.anybody(), undefined)
  const again = see(ann, live)
  t.not(again, viewer)
  t.equal(see({ ...ann }, live), again, 'on whichever connection')
  t.equal(register.attendance().total, 1)
  t.end()
})

test('a sweep leaves nothing of those who have gone', (t) => {
  const { clock, register, see } = registerInTime()
  see(ann, live)
  clock.pass(10_000)
  see(bob, '/hls/1/stream.m3u8')
  clock.pass(6000)
  register.sweep()
  t.equal(register.size, 1)
  clock.pass(54_001)
  register.sweep()
  t.equal(register.size, 0)
  t.equal(register.lastSeenAt(live), 0)
  t.end()
})

test('neither a long User-Agent nor many playlists take memory without end', (t) => {
  const { register, see } = registerInTime()
  t.equal(see({ ...ann, userAgent: 'x'.repeat(1025) }, live), undefined)
  t.ok(see({ ...ann, userAgent: 'x'.repeat(1024) }, live))
  for (let i = 0; i < 2001; i++) see(ann, `/storage/${i}/stream.m3u8`)
  t.equal(register.lastSeenAt('/storage/0/stream.m3u8'), 0, 'the oldest makes room')
  t.not(register.lastSeenAt('/storage/1/stream.m3u8'), 0)
  t.equal(register.lastSeenAt(live), 0)
  see(bob, live)
  t.equal(register.watcherOf(live), bob, 'and comes back when it is asked for')
  t.end()
})
