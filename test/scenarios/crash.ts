import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { Program } from '../fixtures/program.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { freePort } from '../fixtures/web-server.ts'

const playlist = '/hls/0/stream.m3u8'
const segment = '/hls/0/stream-abcdefghi-1.ts'
const media = packets(1000)

/** Code that a process runs before its own, and which fails as soon as that gets the signal. */
const failing = (how: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import "data:text/javascript,process.on('SIGUSR2',()=>{${how}})"`
})

for (const [what, how] of [
  ['an error that nobody catches', "throw new Error('a bug')"],
  ['a promise that nobody waits for', "Promise.reject(new Error('a bug'))"]
] as const) {
  test(`${what} is logged and ends the process, and the next one serves within a segment`, async (t) => {
    const origin = await ScriptedOrigin.start(t)
    origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
    origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
    const port = await freePort()
    const flags = [
      '--origin',
      origin.address,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--admin-port',
      '0'
    ]
    const program = Program.start(t, flags, failing(how))
    await program.says(/player\s+http/)
    const address = `http://127.0.0.1:${port}`
    t.ok((await ask(address, segment)).body.equals(media))
    program.process.kill('SIGUSR2')
    t.equal(await program.ended, 1)
    t.match(program.errors, /^\d{4}-\d\d-\d\dT[\d:.]+Z crashed: a bug$/m)
    t.match(program.errors, /Error: a bug\n\s+at /, 'with its stack')

    const next = Program.start(t, flags)
    await next.says(/player\s+http/)
    const before = origin.count(segment)
    t.equal((await ask(address, playlist)).status, 200)
    for (let i = 0; i < 3; i++) t.ok((await ask(address, segment)).body.equals(media))
    t.equal(origin.count(segment), before + 1, 'fetched once, as ever')
  })
}
