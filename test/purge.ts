import { test } from 'tap'
import { readPurgeOrder, selects } from '../src/purge.ts'

test('an order names a target, a beginning or everything', (t) => {
  t.same(readPurgeOrder('{"target":"/a"}'), { kind: 'target', target: '/a', isSoft: false })
  t.same(readPurgeOrder('{"prefix":"/hls/","soft":true}'), { kind: 'prefix', prefix: '/hls/', isSoft: true })
  t.same(readPurgeOrder('{"all":true,"soft":false}'), { kind: 'all', isSoft: false })
  t.end()
})

test('anything else is refused with what was expected', (t) => {
  const refused: Record<string, RegExp> = {
    '': /not JSON/,
    '{': /not JSON/,
    '[]': /not a JSON object/,
    null: /not a JSON object/,
    '"/a"': /not a JSON object/,
    '{}': /exactly one/,
    '{"soft":true}': /exactly one/,
    '{"target":"/a","prefix":"/b"}': /exactly one/,
    '{"all":true,"target":"/a"}': /exactly one/,
    '{"all":false}': /"all" must be true/,
    '{"all":"yes"}': /"all" must be true/,
    '{"target":"a"}': /"target" must be a path/,
    '{"target":["/a"]}': /"target" must be a path/,
    '{"prefix":""}': /"prefix" must be a path/,
    '{"all":true,"soft":"yes"}': /"soft" must be true or false/,
    '{"url":"/a"}': /"url" is not known/
  }
  for (const [text, message] of Object.entries(refused)) {
    t.throws(() => readPurgeOrder(text), { message } as never, text)
  }
  t.end()
})

test('a target is all that is stored of it: in each coding, for each host, whatever the query was', (t) => {
  const matching = (order: string, keys: readonly string[]): string[] =>
    keys.filter(selects(readPurgeOrder(order)))
  const keys = [
    '/',
    '/ bot gzip live.example',
    '/api/status br',
    '/api/status identity',
    '/api/statusx br',
    '/api/followers?limit=5 br',
    '/api/followers br',
    '/hls/0/stream.m3u8',
    '/thumbnail.jpg'
  ]
  t.same(matching('{"target":"/api/status"}', keys), ['/api/status br', '/api/status identity'])
  t.same(matching('{"target":"/thumbnail.jpg?17"}', keys), ['/thumbnail.jpg'])
  t.same(matching('{"target":"//hls/0/stream.m3u8"}', keys), ['/hls/0/stream.m3u8'])
  t.same(matching('{"target":"/api/followers?limit=5"}', keys), ['/api/followers?limit=5 br'])
  t.same(matching('{"target":"/"}', keys), ['/', '/ bot gzip live.example'])
  t.same(matching('{"prefix":"/api/"}', keys).length, 5)
  t.same(matching('{"all":true}', keys), keys)
  t.end()
})
