import { test } from 'tap'
import { genericPolicy } from '../src/policy-generic.ts'

const policy = genericPolicy({
  isListed: (target) => target === '/a/init.mp4' || target === '/a/1.aac?k=1',
  isPlaylist: (target) => target === '/watch',
  isGrowing: (target) => target === '/a/9.ts'
})

/** What a target is, as a word, and under which key. */
function kindAndKey(target: string): [string, string] {
  const found = policy(target, undefined)
  const kind = found.kind === 'stored' ? found.rule.kind : found.kind
  return [kind, 'key' in found ? found.key : '']
}

test('playlists, segments and everything else are told apart', (t) => {
  const cases: Record<string, string> = {
    '/a.m3u8': 'media-playlist',
    '/A.M3U8': 'media-playlist',
    '/a.m3u': 'media-playlist',
    '/watch': 'media-playlist',
    '/a/1.ts': 'segment',
    '/a/1.m4s': 'segment',
    '/a/1.cmfv': 'segment',
    '/a/init.mp4': 'segment',
    '/a/1.aac?k=1': 'segment',
    '/a/1.aac': 'shared',
    '/film.mp4': 'shared',
    '/m3u8': 'shared',
    '/x?a.m3u8': 'shared',
    '/': 'shared'
  }
  for (const [target, kind] of Object.entries(cases)) t.equal(kindAndKey(target)[0], kind, target)
  t.end()
})

test('the key keeps the query but for what differs with each request', (t) => {
  const cases: Record<string, string> = {
    '/a.m3u8?token=x&CMCD=sid%3D1': '/a.m3u8?token=x',
    '/a.m3u8?CMCD=sid%3D1': '/a.m3u8',
    '/a.m3u8?b=1&a=2': '/a.m3u8?b=1&a=2',
    '/a.m3u8?_HLS_part=1&token=x&_HLS_msn=7': '/a.m3u8?token=x&_HLS_msn=7&_HLS_part=1',
    '/a.m3u8?': '/a.m3u8',
    '/page?CMCDX=1&&a': '/page?CMCDX=1&a',
    '/1.ts?t=%2F+%20': '/1.ts?t=%2F+%20'
  }
  for (const [target, key] of Object.entries(cases)) t.equal(kindAndKey(target)[1], key, target)
  t.end()
})

test('a segment in the making is known as one', (t) => {
  t.equal((policy('/a/9.ts', undefined) as { growing?: boolean }).growing, true)
  t.equal((policy('/a/8.ts', undefined) as { growing?: boolean }).growing, undefined)
  t.end()
})
