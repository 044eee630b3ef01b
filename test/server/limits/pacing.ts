import { Socket } from 'node:net'
import { test } from 'tap'
import { Pacing, paceOf } from '../../../src/server/limits/pacing.ts'

test('without a rate no connection has a pace', (t) => {
  const socket = new Socket()
  new Pacing(Number.POSITIVE_INFINITY).add(socket)
  t.equal(paceOf(socket), undefined)
  t.end()
})

test('what is written in blocks comes at the rate', async (t) => {
  const pacing = new Pacing(2_000_000)
  const socket = new Socket()
  pacing.add(socket)
  const pace = paceOf(socket)
  if (pace === undefined) throw new Error('no pace')
  const block = 64 * 1024
  let written = 0
  const began = performance.now()
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      while (pace.mayWrite && written < 1_000_000) {
        pace.wrote(block)
        written += block
      }
      if (written < 1_000_000) pace.wait(goOn)
      else resolve()
    }
    goOn()
  })
  const took = performance.now() - began
  t.ok(took > 350, `1 MB at 2 MB/s took ${took} ms`)
})
