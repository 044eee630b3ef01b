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

test('a watcher is whoever asked for that very playlist last, within 15 s', (t) => {
  const { clock, register, see } = registerInTime()
  t.equal(register.watcherOf(live), undefined)
  t.equal(register.lastSeenAt(live), 0)
  see(ann, live)
  clock.pass(1000)
  see(bob, `${live}?_HLS_msn=12`)
  const at = clock.now()
  see(ann, '/hls/1/stream.m3u8')
  see(ann)
  t.equal(register.watcherOf(live), bob)
  t.equal(register.lastSeenAt(live), at)
  t.equal(register.watcherOf(`${live}?_HLS_msn=13`), bob)
  clock.pass(15_000)
  t.equal(register.watcherOf(live), bob)
  clock.pass(1)
  t.equal(register.watcherOf(live), undefined)
  t.equal(register.lastSeenAt(live), at, 'when that was is known for longer')
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
  t.equal(register.watcherOf('/storage/0/stream.m3u8'), undefined, 'the oldest makes room')
  t.same(register.watcherOf('/storage/2000/stream.m3u8'), ann)
  see(bob, live)
  t.same(register.watcherOf(live), bob, 'and comes back when it is asked for')
  t.end()
})
