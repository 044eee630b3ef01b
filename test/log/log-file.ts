import { readFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { LogFile } from '../../src/log/log-file.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

/** Longer than the file takes to look whether it has been rotated. */
const aLook = 1100

test('a log goes on in a new file when the old one was renamed or removed', async (t) => {
  const path = join(t.testdir(), 'access.log')
  const clock = new ManualClock()
  const file = new LogFile(path, clock)
  await file.write('one\n')
  renameSync(path, `${path}.1`)
  clock.pass(aLook)
  await file.write('two\n')
  t.equal(readFileSync(`${path}.1`, 'utf8'), 'one\n')
  t.equal(readFileSync(path, 'utf8'), 'two\n')
  unlinkSync(path)
  clock.pass(aLook)
  await file.write('three\n')
  t.equal(readFileSync(path, 'utf8'), 'three\n')
  await file.close()
})

test('a log goes on at the start of a file that was cut to nothing', async (t) => {
  const path = join(t.testdir(), 'access.log')
  const file = new LogFile(path)
  await file.write('one\n')
  truncateSync(path)
  await file.write('two\n')
  t.equal(readFileSync(path, 'utf8'), 'two\n')
  await file.close()
})

test('a log is appended to what was there', async (t) => {
  const path = join(t.testdir({ 'access.log': 'before\n' }), 'access.log')
  const file = new LogFile(path)
  await file.write('after\n')
  await file.close()
  t.equal(readFileSync(path, 'utf8'), 'before\nafter\n')
})

test('a folder that does not exist is a failure that says so', async (t) => {
  const file = new LogFile(join(t.testdir(), 'nowhere', 'access.log'))
  await t.rejects(file.write('one\n'), { code: 'ENOENT' })
})
