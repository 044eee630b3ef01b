import { Writable } from 'node:stream'
import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.ts'
import { Uplink } from '../../src/demo/uplink.ts'
import { ask } from '../fixtures/client.ts'
import { best } from '../fixtures/until.ts'

/** Takes everything at once. */
function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}

/** How much of what the rate allowed was sent, at each step but the first and the last; smallest first. */
async function measure(uplink: Uplink, bytes: number): Promise<number[]> {
  const startedAt = performance.now()
  let sent = 0
  const ratios: number[] = []
  await uplink.send(sink(), Buffer.alloc(bytes), (count) => {
    sent += count
    const allowed = ((performance.now() - startedAt) * uplink.rate) / 8000
    if (sent > bytes / 5 && sent < bytes) ratios.push(sent / allowed)
  })
  return ratios.sort((a, b) => a - b)
}

test('at every moment the line has carried what its rate allows, to 2 %', async (t) => {
  const isGood = (slow: number): boolean => slow > 0.98
  const slow = await best(isGood, async () => {
    const ratios = await measure(new Uplink(8_000_000), 500_000)
    t.ok(ratios.length > 20, 'in small steps')
    t.ok(ratios.at(-1)! <= 1.001, `never faster: ${ratios.at(-1)}`)
    return ratios[Math.floor(ratios.length / 10)]!
  })
  t.ok(isGood(slow), `not slower: ${slow}`)
})

test('responses share the line evenly, whenever they begin', async (t) => {
  const uplink = new Uplink(8_000_000)
  const sent = [0, 0]
  const begin = (index: number) =>
    uplink.send(sink(), Buffer.alloc(200_000), (count) => {
      sent[index]! += count
    })
  await Promise.race([begin(0), begin(1)])
  t.ok(Math.abs(sent[0]! - sent[1]!) <= 5000, `${sent}`)
})

test('who does not take its share leaves it to the others', async (t) => {
  const uplink = new Uplink(8_000_000)
  const blocked = new Writable({ highWaterMark: 1, write: () => {} })
  blocked.write('full')
  let stuck = 0
  void uplink.send(blocked, Buffer.alloc(1000), (count) => {
    stuck += count
  })
  const isGood = (share: number): boolean => share > 0.9
  const share = await best(isGood, async () => {
    const ratios = await measure(uplink, 100_000)
    return ratios[Math.floor(ratios.length / 2)]!
  })
  blocked.destroy()
  t.equal(stuck, 0)
  t.ok(isGood(share), `the whole line, not half of it: ${share}`)
})

test('who leaves is not waited for', async (t) => {
  const uplink = new Uplink(8_000)
  const gone = sink()
  const sending = uplink.send(gone, Buffer.alloc(1_000_000), () => {})
  gone.destroy()
  await t.resolves(sending)
  await t.resolves(uplink.send(gone, Buffer.alloc(10), () => {}))
})

test('two segments of a stand-in together take as long as their bytes over the line', async (t) => {
  const owncast = await startOwncast({ startupGap: 0, segmentBytes: 100_000 })
  t.teardown(() => owncast.close())
  const name = (await ask(owncast.address, '/hls/0/stream.m3u8')).body.toString().trim().split('\n').at(-1)
  owncast.uplink.rate = 4_000_000
  const startedAt = performance.now()
  const answers = await Promise.all([0, 1].map((variant) => ask(owncast.address, `/hls/${variant}/${name}`)))
  const elapsed = performance.now() - startedAt
  const bytes = answers.reduce((sum, { body }) => sum + body.length, 0)
  t.ok(elapsed >= (bytes / 500_000) * 980, `${elapsed} ms for ${bytes} bytes`)
})
