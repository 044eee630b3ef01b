import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { produceLiveHls, watch, withoutFfmpeg } from '../fixtures/ffmpeg.ts'
import { freePort, needs, startWebServer } from '../fixtures/web-server.ts'

const missing = withoutFfmpeg ?? needs('nginx').skip
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** nginx as one would set it up for a folder of HLS, with a log of what it is asked for. */
function configuration(folder: string, port: number): string {
  const paths = temporary.map((name) => `${name}_temp_path ${join(folder, name)};`)
  return `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1;
pid ${join(folder, 'pid')}; error_log stderr;
events {}
http {
  ${paths.join(' ')}
  log_format targets '$request_uri';
  access_log ${join(folder, 'targets.log')} targets;
  types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; text/html html; }
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    location ~ \\.m3u8$ { add_header Cache-Control no-cache; }
    location ~ \\.html$ { expires 1m; }
  }
}`
}

test('in front of nginx with a live stream of FFmpeg, all who watch cost it one copy', {
  ...(missing === undefined ? {} : { skip: missing })
}, async (t) => {
  const folder = t.testdir({ live: {}, 'index.html': '<title>live</title>' })
  await produceLiveHls(t, join(folder, 'live'))
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port))
  await startWebServer(t, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], port)
  const edge = await edgeBefore(t, { address: `http://127.0.0.1:${port}` }, ['--profile', 'generic'])
  const playlist = `${edge.address}/live/stream.m3u8`
  const players = await Promise.all([watch(playlist, 10), watch(playlist, 10), watch(playlist, 10)])
  for (const { exitCode, complaints, frames } of players) {
    t.equal(exitCode, 0)
    t.same(complaints, [])
    t.ok(frames >= 240, `${frames} frames`)
  }
  await ask(edge.address, '/index.html')
  t.match((await ask(edge.address, '/index.html')).field('cache-status'), /^edge; hit/)
  const targets = readFileSync(join(folder, 'targets.log'), 'utf8').trim().split('\n')
  const segments = targets.filter((target) => target.endsWith('.ts'))
  t.ok(segments.length >= 5, `${segments.length} segments`)
  t.equal(new Set(segments).size, segments.length, 'each was sent once')
  t.equal(targets.filter((target) => target === '/index.html').length, 1)
})
