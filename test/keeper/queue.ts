import { test } from 'tap'
import { Queue } from '../../src/keeper/queue.ts'
import type { Kind } from '../../src/policy.ts'

/** A queue and the order in which what entered it has started. */
function queueOf(places: number) {
  const queue = new Queue(places)
  const started: string[] = []
  const enter = (kind: Kind, name: string): boolean => queue.enter(kind, () => started.push(name))
  return { queue, started, enter }
}

test('what finds a place starts at once', (t) => {
  const { started, enter } = queueOf(4)
  enter('segment', 'a')
  enter('media-playlist', 'b')
  t.same(started, ['a', 'b'])
  t.end()
})

test('playlists go before segments, segments before the API, pages last', (t) => {
  const { queue, started, enter } = queueOf(1)
  enter('page', 'first')
  enter('page', 'page')
  enter('api', 'api')
  enter('segment', 'segment')
  enter('media-playlist', 'playlist')
  for (const kind of ['page', 'media-playlist', 'segment', 'api', 'page'] as const) queue.leave(kind)
  t.same(started, ['first', 'playlist', 'segment', 'api', 'page'])
  t.equal(queue.waiting, 0)
  t.end()
})

test('segments leave half of the places to playlists', (t) => {
  const { queue, started, enter } = queueOf(4)
  for (const name of ['s1', 's2', 's3']) enter('segment', name)
  t.same(started, ['s1', 's2'])
  enter('media-playlist', 'p')
  t.same(started, ['s1', 's2', 'p'])
  queue.leave('segment')
  t.same(started, ['s1', 's2', 'p', 's3'])
  t.end()
})

test('images have two places while a segment is on its way, and more when none is', (t) => {
  const { queue, started, enter } = queueOf(16)
  enter('segment', 's')
  for (const name of ['i1', 'i2', 'i3', 'i4']) enter('image', name)
  t.same(started, ['s', 'i1', 'i2'])
  queue.leave('segment')
  t.same(started, ['s', 'i1', 'i2', 'i3', 'i4'])
  t.end()
})

test('so many may wait and no more', (t) => {
  const { queue, enter } = queueOf(1)
  enter('segment', 'first')
  let accepted = 0
  while (enter('segment', 'more') && accepted < 10_000) accepted++
  t.equal(accepted, queue.waiting)
  t.ok(accepted < 10_000, `${accepted} wait`)
  t.end()
})
