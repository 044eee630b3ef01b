import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Test, test } from 'tap'
import { bench } from '../../src/bench/command.ts'

/** A live stream of 1-second segments; those whose number `isBroken` names are not there. */
async function liveStream(t: Test, isBroken: (sequence: number) => boolean = () => false): Promise<string> {
  const segment = Buffer.alloc(188 * 100, 0x47)
  const server = createServer((request, response) => {
    const { url } = request
    if (url === '/hls/stream.m3u8')
      return response.end('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=150000\n0/stream.m3u8\n')
    if (url === '/hls/0/stream.m3u8') {
      const end = Math.floor(Date.now() / 1000)
      const entries = Array.from({ length: 10 }, (_, index) => {
        const sequence = end - 10 + index
        return `#EXTINF:1.0,\n#EXT-X-PROGRAM-DATE-TIME:${new Date(sequence * 1000).toISOString()}\nstream-abcdefghi-${sequence}.ts\n`
      })
      const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${end - 10}\n${entries.join('')}`
      return response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text))
    }
    const sequence = Number(/^\/hls\/0\/stream-abcdefghi-(\d+)\.ts$/.exec(url ?? '')?.[1])
    if (Number.isNaN(sequence) || isBroken(sequence)) return response.writeHead(404).end()
    response.end(segment)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function terminal(): {
  stdout: { write(text: string): void }
  stderr: { write(text: string): void }
  out: string
  err: string
} {
  const written = {
    out: '',
    err: '',
    stdout: {
      write: (text: string) => {
        written.out += text
      }
    },
    stderr: {
      write: (text: string) => {
        written.err += text
      }
    }
  }
  return written
}

test('viewers of a healthy stream are all served, and a report with charts is written', async (t) => {
  const target = await liveStream(t)
  const path = join(t.testdir(), 'report.html')
  const screen = terminal()
  t.equal(await bench({ target, viewers: 6, seconds: 4, report: path }, screen), 0)
  t.match(screen.out, /visits without a stall\s+100 % of \d+/)
  t.match(screen.out, /errors\s+none/)
  t.match(screen.out, /behind live, median\s+[34](\.\d+)? s/)
  t.match(screen.err, /of \d+ playing/)
  t.match(readFileSync(path, 'utf8'), /uPlot/)
})

test('two targets are watched in turn and set side by side', async (t) => {
  const [target, compare] = [await liveStream(t), await liveStream(t, (sequence) => sequence % 2 === 0)]
  const screen = terminal()
  await bench({ target, compare, viewers: 2, seconds: 4, report: join(t.testdir(), 'report.html') }, screen)
  t.match(screen.out, /errors\s+none\s+\d+ × segment 404/)
})

test('a server without a stream is told by the exit code and the reason', async (t) => {
  const target = await liveStream(t)
  const screen = terminal()
  t.equal(
    await bench(
      {
        target: `${target}/elsewhere.m3u8`,
        viewers: 1,
        seconds: 2,
        report: join(t.testdir(), 'report.html')
      },
      screen
    ),
    1
  )
  t.match(screen.out, /\d × playlist 404/)
})

test('an option that cannot be used is named with its value and what was expected', async (t) => {
  const cases = [
    [
      { target: 'live.example.com' },
      '--target: "live.example.com" is not usable: expected an address such as https://live.example.com'
    ],
    [{ target: 'http://a.example', compare: 'ftp://b' }, '--compare: "ftp://b"'],
    [
      { target: 'http://a.example', viewers: '0' },
      '--viewers: "0" is not usable: expected a whole number from 1'
    ],
    [{ target: 'http://a.example', seconds: 'long' }, '--seconds: "long"']
  ] as const
  for (const [options, message] of cases) {
    const screen = terminal()
    t.equal(await bench(options, screen), 2)
    t.ok(screen.err.includes(message), screen.err)
  }
})
