import { test } from 'tap'
import { AccessWriter } from '../../src/log/access-writer.ts'
import type { Sink } from '../../src/log/log-file.ts'
import type { AccessRecord } from '../../src/server/access-log.ts'
import { until } from '../fixtures/until.ts'

const record: AccessRecord = {
  at: 0,
  took: 1,
  address: '203.0.113.9',
  method: 'GET',
  target: '/',
  protocol: 'HTTP/1.1',
  status: 200,
  bytes: 1,
  outcome: 'hit',
  isComplete: true,
  referer: undefined,
  userAgent: 'x'.repeat(1000)
}

/** A sink that takes each write when it is told to. */
class SlowSink implements Sink {
  readonly written: string[] = []
  isClosed = false
  #take = (): void => {}

  write(text: string): Promise<void> {
    this.written.push(text)
    return new Promise((resolve) => {
      this.#take = resolve
    })
  }

  take(): void {
    this.#take()
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

const linesIn = (texts: readonly string[]): number => texts.join('').split('\n').length - 1

test('lines are written many at a time, and all of them', async (t) => {
  const sink = new SlowSink()
  const writer = new AccessWriter({ format: 'json', sink, failed: () => t.fail('nothing is lost') })
  for (let i = 0; i < 200; i++) writer.ended(record)
  t.equal(sink.written.length, 1, 'one write for as much as fits')
  for (let i = 0; i < 200; i++) writer.ended(record)
  t.equal(sink.written.length, 1, 'and no other before it is over')
  sink.take()
  await until('the rest follows in one', () => sink.written.length === 2)
  sink.take()
  await writer.close()
  t.equal(linesIn(sink.written), 400)
  t.ok(sink.isClosed)
  t.equal(writer.dropped, 0)
})

test('one line alone is written soon', async (t) => {
  const sink = new SlowSink()
  const writer = new AccessWriter({ format: 'combined', sink, failed: () => {} })
  writer.ended(record)
  await until('it is written', () => sink.written.length === 1)
  sink.take()
  await writer.close()
  t.equal(linesIn(sink.written), 1)
})

test('lines are dropped and counted, told of once, where the sink does not keep up', async (t) => {
  const sink = new SlowSink()
  const told: string[] = []
  const writer = new AccessWriter({ format: 'json', sink, failed: (why) => told.push(why) })
  for (let i = 0; i < 20_000; i++) writer.ended(record)
  t.ok(writer.dropped > 10_000, `${writer.dropped} dropped`)
  t.equal(told.length, 1)
  sink.take()
  await until('what was kept is written', () => sink.written.length === 2)
  sink.take()
  await writer.close()
  t.equal(linesIn(sink.written) + writer.dropped, 20_000)
})

test('a sink that refuses loses lines and nothing else', async (t) => {
  const told: string[] = []
  const sink: Sink = { write: () => Promise.reject(new Error('disk full')), close: async () => {} }
  const writer = new AccessWriter({ format: 'json', sink, failed: (why) => told.push(why) })
  writer.ended(record)
  await until('it is noticed', () => writer.dropped === 1)
  writer.ended(record)
  await writer.close()
  t.equal(writer.dropped, 2)
  t.same(told, ['disk full'], 'once')
})
