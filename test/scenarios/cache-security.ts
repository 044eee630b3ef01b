import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { Wire } from '../fixtures/wire.ts'

const playlist = '/hls/0/stream.m3u8'
const shared = ['Cache-Control', 'public, max-age=3600']
const profiles = [[], ['--profile', 'generic']] as const

async function each(
  t: Test,
  told: (origin: ScriptedOrigin, edge: Edge, profile: string) => Promise<void>,
  flags: readonly string[] = []
): Promise<void> {
  for (const profile of profiles) {
    const origin = await ScriptedOrigin.start(t)
    await told(origin, await edgeBefore(t, origin, [...profile, ...flags]), profile[1] ?? 'owncast')
  }
}

test('no field that is not in the key, and only a proxy may say, reaches what is stored for others', async (t) => {
  const evil = [
    ...[
      'X-Forwarded-Host',
      'X-Forwarded-Scheme',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'X-Forwarded-Prefix'
    ],
    ...[
      'X-Forwarded-Server',
      'X-Forwarded-User',
      'X-Host',
      'X-Original-Host',
      'X-Original-URL',
      'X-Rewrite-URL'
    ],
    ...['X-HTTP-Method-Override', 'X-Method-Override', 'Forwarded', 'X-Real-IP', 'True-Client-IP']
  ].flatMap((name) => [name, 'evil.example'])
  await each(t, async (origin, edge, profile) => {
    const told = (exchange: { head: { fields: readonly string[] } }) => exchange.head.fields.join('\n')
    origin.on(/./, (exchange) => exchange.answer(200, [...shared, 'X-Told', 'no'], told(exchange)))
    for (const target of ['/api/config', '/_next/static/a.js', '/thumbnail.jpg']) {
      const poisoned = await ask(edge.address, target, { fields: evil })
      t.notMatch(String(poisoned.body), 'evil', `${target}, ${profile}`)
      t.notMatch(String((await ask(edge.address, target)).body), 'evil')
      t.equal(origin.count(target), 1, 'and it was stored')
    }
  })
})

test('a page that only looks like a file is nobody else’s', async (t) => {
  const deceptive = [
    ...[
      '/admin/x.css',
      '/admin/x.ts',
      '/api/chat/x.ts',
      '/api/admin/x.js',
      '/api/chat;x.css',
      '/api/chat?x.css'
    ],
    ...[
      '/admin%2fx.css',
      '/hls/..%2fadmin%2fx.ts',
      '/hls/0/..%2f..%2fapi/admin/stream.m3u8',
      '/admin/%2e%2e/x.css'
    ],
    ...['/_next/static/..%2f..%2fapi%2fadmin/x.js', '/img/../admin/x.png', '/hls/0/;stream-abcdefghi-1.ts']
  ]
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  // Owncast says that its admin pages are public (owncast.md §2.6).
  origin.on(/./, (exchange) => exchange.answer(200, shared, `for ${exchange.field('cookie')}`))
  for (const target of deceptive) {
    for (const who of ['a', 'b']) {
      const { body } = await ask(edge.address, target, { fields: ['Cookie', who] })
      t.equal(String(body), `for ${who}`, target)
    }
    t.equal(origin.count(target), 2)
  }
})

test('whoever has a password is not answered for others, whatever the name', async (t) => {
  await each(t, async (origin, edge, profile) => {
    const told = (authorization = 'nobody') => authorization
    const fields = ['Cache-Control', 'max-age=3600', 'Content-Type', 'video/mp2t']
    origin.on(/./, (exchange) => exchange.answer(200, fields, told(exchange.field('authorization'))))
    for (const target of ['/x.css', '/secret/x.ts', '/hls/0/stream-abcdefghi-1.m4s', '/api/config']) {
      const mine = await ask(edge.address, target, { fields: ['Authorization', 'Basic eDp5'] })
      t.equal(String(mine.body), 'Basic eDp5')
      t.equal(String((await ask(edge.address, target)).body), 'nobody', `${target}, ${profile}`)
    }
  })
})

test('case, encoding, dots and slashes make other targets, not other names for a stored one', async (t) => {
  await each(t, async (origin, edge, profile) => {
    origin.on(/./, (exchange) => exchange.answer(200, shared, exchange.target))
    const spellings = [
      '/api/config',
      '/API/config',
      '/api/confi%67',
      '//api/config',
      '/api/./config',
      '/api/config/'
    ]
    for (const spelling of spellings) await ask(edge.address, spelling)
    for (const spelling of spellings)
      t.equal(String((await ask(edge.address, spelling)).body), spelling, profile)
  })
})

test('a target in absolute form is the same target, and its host counts', async (t) => {
  await each(t, async (origin, edge) => {
    const target = '/hls/0/stream-abcdefghi-1.ts'
    origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(2)))
    await ask(edge.address, target)
    const answer = await ask(edge.address, `http://other.example${target}`)
    t.match(answer.field('cache-status'), /; hit/)
    t.equal(origin.requests.length, 1)
  })
})

test('line ends in a target or a field make no second head', async (t) => {
  await each(t, async (origin, edge) => {
    origin.on(/./, (exchange) => exchange.answer(302, ['Location', exchange.target, ...shared]))
    const target = '/x%0d%0aSet-Cookie:%20a=b?y=%0aX-Evil:1'
    for (let i = 0; i < 2; i++) {
      const answer = await ask(edge.address, target)
      t.equal(answer.status, 302)
      t.equal(answer.field('set-cookie') ?? answer.field('x-evil'), undefined)
    }
  })
})

test('requests whose end two servers would see in different places are answered by one and ended', async (t) => {
  const heads = [
    ['CL.TE', 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
    ['TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n'],
    ['TE.TE', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n'],
    ['TE.TE', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['TE with a space', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['TE not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['bare CR', 'X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['bare LF', 'X: a\nContent-Length: 3\n\nabc'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc'],
    ['a signed length', 'Content-Length: -3\r\n\r\nabc'],
    ['hexadecimal chunk', 'Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n'],
    ['bare LF in chunks', 'Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n']
  ] as const
  await each(t, async (origin, edge, profile) => {
    origin.on(/./, (exchange) => void exchange.content.then(() => exchange.answer(200, shared, 'x')))
    for (const [name, rest] of heads) {
      const wire = await Wire.to(edge.address)
      wire.write(`POST /upload HTTP/1.1\r\nHost: a\r\n${rest}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`)
      const { status } = await readAnswer(wire)
      t.ok(status === 400 || status >= 500, `${name}: ${status}, ${profile}`)
      await wire.ended
      wire.destroy()
    }
    t.equal(origin.count('/smuggled'), 0)
  })
})

test('chunk extensions and trailers are read and go no further', async (t) => {
  await each(t, async (origin, edge) => {
    origin.on('/upload', (exchange) => {
      void exchange.content.then(({ body }) => exchange.answer(200, [], body))
    })
    const wire = await Wire.to(edge.address)
    wire.write('POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    wire.write('3;a=b;c="d"\r\nabc\r\n0;x\r\nX-Evil: 1\r\n\r\n')
    t.equal(String((await readAnswer(wire)).body), 'abc')
    wire.write(requestBytes('/next'))
    await readAnswer(wire)
    t.equal(origin.to('/next')[0]?.field('x-evil'), undefined)
    wire.destroy()
  })
})

test('a head of the origin that is too large, or no head, is a 502 and is not stored', async (t) => {
  await each(t, async (origin, edge, profile) => {
    const large = Array.from({ length: 40 }, (_, i) => [`X-${i}`, 'x'.repeat(4000)]).flat()
    for (const target of ['/api/config', playlist]) {
      origin.on(target, (exchange) => exchange.answer(200, [...shared, ...large], mediaPlaylist()))
      t.equal((await ask(edge.address, target)).status, 502, `${target}, ${profile}`)
      origin.on(target, (exchange) => {
        exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde')
        exchange.end()
      })
      t.equal((await ask(edge.address, target)).status, 502)
      origin.on(target, (exchange) => exchange.answer(200, shared, mediaPlaylist()))
      t.equal((await ask(edge.address, target)).status, 200)
    }
  })
})

test('a flood of queries costs the origin one request where they mean nothing, and no memory where they do', async (t) => {
  const open = ['--max-requests-per-address', 'off', '--max-origin-requests-per-address', 'off']
  const flags = ['--cache-size', '4MB', ...open]
  await each(
    t,
    async (origin, edge, profile) => {
      const page = 'x'.repeat(20_000)
      const ended = mediaPlaylist({ end: '#EXT-X-ENDLIST\n' })
      origin.on(/^\/hls/, (exchange) => exchange.answer(200, [], ended))
      origin.on(/^\/logo/, (exchange) => exchange.answer(200, shared, page))
      const flood = async (target: string): Promise<void> => {
        const wire = await Wire.to(edge.address)
        for (let i = 0; i < 500; i++) {
          wire.write(requestBytes(`${target}?x=${i}`))
          await readAnswer(wire)
        }
        wire.destroy()
      }
      await flood('/logo')
      if (profile === 'owncast') t.equal(origin.count(/^\/logo/), 1)
      t.ok(edge.read().heldBytes <= 4e6 * 1.05, `${profile}: ${edge.read().heldBytes} bytes are held`)
      if (profile === 'owncast') await flood(playlist)
      t.ok(origin.count(/^\/hls/) <= 3, 'an ended playlist is asked for once in a second')
    },
    flags
  )
})
