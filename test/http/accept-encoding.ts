import { test } from 'tap'
import { type Coding, preferredCoding } from '../../src/http/accept-encoding.ts'

test('the heaviest coding that is offered and accepted wins', async (t) => {
  const all: Coding[] = ['br', 'gzip', 'identity']
  const table: [string | undefined, Coding[], Coding][] = [
    [undefined, all, 'identity'],
    ['', all, 'identity'],
    ['gzip, deflate, br, zstd', all, 'br'],
    ['gzip, deflate, br', ['gzip', 'br'], 'gzip'],
    ['gzip, deflate, br', ['gzip'], 'gzip'],
    ['gzip;q=1.0, br;q=0.5', all, 'gzip'],
    ['gzip;q=0.5, br;q=0.500', all, 'br'],
    ['GZip ; Q=0.3', all, 'gzip'],
    ['x-gzip', all, 'gzip'],
    ['deflate', all, 'identity'],
    ['*', all, 'br'],
    ['*;q=0.1, br;q=0', all, 'gzip'],
    ['*;q=0', all, 'identity'],
    ['br;q=0, gzip;q=0', all, 'identity'],
    ['identity;q=0', all, 'identity'],
    ['identity;q=0, gzip;q=0.1', all, 'gzip'],
    ['identity', all, 'identity'],
    ['identity;q=1, gzip;q=0.5', all, 'identity'],
    ['identity;q=0.5, gzip;q=0.5', all, 'gzip'],
    ['gzip;q=2', all, 'identity'],
    ['gzip;q=', all, 'identity'],
    ['gzip;q=0.1234', all, 'identity'],
    ['gzip;level=9', all, 'gzip'],
    ['gzip', [], 'identity'],
    ['gzip', ['identity'], 'identity'],
    [',;,', all, 'identity']
  ]
  for (const [header, offered, coding] of table)
    t.equal(preferredCoding(header, offered), coding, `${header} of ${offered.join(' ')}`)
})
