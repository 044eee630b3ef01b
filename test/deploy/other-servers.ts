import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { Edge } from '../../src/edge.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { watch, withoutFfmpeg } from '../fixtures/ffmpeg.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { blocksOf, commandsIn, withReplaced } from '../fixtures/recipes.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { freePort, needs, startWebServer } from '../fixtures/web-server.ts'

const page = 'docs/other-servers.md'
const withoutNginx = needs('nginx').skip
const withoutBoth = withoutFfmpeg ?? withoutNginx

/** The text of the first frame under that heading whose text is like that. */
function frame(under: string, pattern: RegExp): string {
  const found = blocksOf(page).find((block) => block.under === under && pattern.test(block.text))
  if (found === undefined) throw new Error(`no ${pattern} under "${under}"`)
  return found.text
}

/** nginx with the frame of the page as its site. */
async function startNginx(t: Test, folder: string, port: number, site: string): Promise<void> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const paths = temporary.map((name) => `${name}_temp_path ${join(folder, name)};`)
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const text = `${user} daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr;
events {}
http { access_log off; ${paths.join(' ')}
${site}}`
  writeFileSync(join(folder, 'nginx.conf'), text)
  await startWebServer(t, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], port)
}

/** The edge that the page starts under that heading, on any free port; certificates are proven elsewhere. */
async function edgeUnder(t: Test, under: string, port: number): Promise<Edge> {
  const [args = []] = commandsIn(frame(under, /^owncast-edge/))
  t.same(args.slice(0, 3), ['--profile', 'generic', '--origin'])
  t.same(args.slice(4), ['--domain', 'live.example.com'])
  return edgeBefore(t, { address: `http://127.0.0.1:${port}` }, args.slice(0, 2))
}

/** FFmpeg as the page has it write, with a picture of its own, until the playlist is there. */
async function produce(t: Test, folder: string): Promise<void> {
  const command = withReplaced(frame('nginx and FFmpeg', /^ffmpeg/), {
    '-i input.mp4 -c copy':
      '-f lavfi -i testsrc2=size=320x180:rate=25 -c:v libx264 -preset ultrafast -g 25 -loglevel error',
    '/var/www': folder
  })
  const [, ...args] = command.replace(/\\\n/g, ' ').trim().split(/\s+/)
  const producer = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  t.teardown(async () => {
    producer.kill('SIGKILL')
    if (producer.exitCode === null && producer.signalCode === null) await once(producer, 'close')
  })
  const limit = Date.now() + 30_000
  while (!existsSync(join(folder, 'live/stream2.ts'))) {
    if (producer.exitCode !== null || Date.now() > limit) throw new Error('ffmpeg produced no stream')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('with FFmpeg and nginx as the page sets them up, the stream plays through the edge', {
  ...(withoutBoth === undefined ? {} : { skip: withoutBoth })
}, async (t) => {
  const folder = t.testdir({})
  mkdirSync(join(folder, 'live'))
  await produce(t, folder)
  const port = await freePort()
  const site = withReplaced(frame('nginx and FFmpeg', /^server/), {
    'listen 8080': `listen 127.0.0.1:${port}`,
    '/var/www': folder
  })
  await startNginx(t, folder, port, site)
  const edge = await edgeUnder(t, 'nginx and FFmpeg', port)
  const { exitCode, complaints, frames } = await watch(`${edge.address}/live/stream.m3u8`, 4)
  t.equal(exitCode, 0)
  t.same(complaints, [])
  t.ok(frames >= 90, `${frames} frames`)
  t.equal(edge.read().playlists[0]?.variant, '/live/stream.m3u8', 'it is followed')
})

test('with MediaMTX behind the nginx of the page, viewers share one copy and have no session', {
  ...(withoutNginx === undefined ? {} : { skip: withoutNginx })
}, async (t) => {
  const mediamtx = await ScriptedOrigin.start(t)
  mediamtx.on(/./, (exchange) => {
    // Who does not say the secret is sent for a session of their own.
    if (exchange.field('authorization') !== 'Bearer CHANGE-ME')
      return exchange.answer(302, ['Location', `${exchange.target}?s=1`, 'Set-Cookie', 's=1'])
    if (!exchange.target.endsWith('.m3u8'))
      return exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(10))
    return exchange.answer(200, ['Content-Type', 'application/vnd.apple.mpegurl'], mediaPlaylist())
  })
  const port = await freePort()
  const site = withReplaced(frame('MediaMTX', /^server/), {
    'listen 8889': `listen 127.0.0.1:${port}`,
    'http://127.0.0.1:8888': mediamtx.address
  })
  await startNginx(t, t.testdir({}), port, site)
  const edge = await edgeUnder(t, 'MediaMTX', port)
  for (const target of ['/mystream/index.m3u8', '/mystream/stream-abcdefghi-1.ts']) {
    for (const viewer of ['one', 'two']) {
      const answer = await ask(edge.address, target, { fields: ['User-Agent', viewer] })
      t.equal(answer.status, 200, target)
      t.equal(answer.field('set-cookie'), undefined)
    }
  }
  t.equal(mediamtx.count('/mystream/stream-abcdefghi-1.ts'), 1)
})
