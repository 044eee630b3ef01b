import { InvalidArgumentError } from 'commander'
import { test } from 'tap'
import {
  readAccessFormat,
  readCount,
  readHost,
  readNames,
  readNetworks,
  readOrigin,
  readPath,
  readPort,
  readSize,
  readSwitch,
  readTime,
  readToken
} from '../src/setting-values.ts'

interface Case {
  readonly read: (text: string) => unknown
  readonly good: readonly (readonly [string, unknown])[]
  readonly bad: readonly string[]
}

const cases: Record<string, Case> = {
  'a port': {
    read: readPort,
    good: [
      ['0', 0],
      ['1', 1],
      ['65535', 65535],
      ['00080', 80]
    ],
    bad: ['', '-1', '65536', '80.5', '8o', ' 80', '0x50', '1e3', '999999']
  },
  'a count': {
    read: readCount,
    good: [
      ['1', 1],
      ['999999', 999999]
    ],
    bad: ['', '0', '-1', '1.5', '1000000', 'many', '1 ']
  },
  'a size': {
    read: readSize,
    good: [
      ['1MB', 1e6],
      ['1.5MB', 1.5e6],
      ['256 MB', 256e6],
      ['512MiB', 512 * 2 ** 20],
      ['2gb', 2e9],
      ['2G', 2e9],
      ['1000000', 1e6],
      ['1000KB', 1e6],
      ['1GiB', 2 ** 30],
      [' 3MB ', 3e6]
    ],
    bad: ['', 'MB', '0', '999999', '1KB', '-1MB', '1XB', '1MB2', '1e9', '9999999GB', '.5GB', '1,5GB', 'NaN']
  },
  'a time': {
    read: readTime,
    good: [
      ['1ms', 1],
      ['500ms', 500],
      ['15s', 15_000],
      ['1.5s', 1500],
      ['2m', 120_000],
      ['60m', 3_600_000],
      [' 1 s ', 1000]
    ],
    bad: ['', '0', '0s', '15', '-1s', '61m', '1h', 's', '1S', '1.s', '0.5ms']
  },
  'an origin': {
    read: (text) => readOrigin(text).href,
    good: [
      ['http://192.168.1.10:8080', 'http://192.168.1.10:8080/'],
      ['https://live.example.com/', 'https://live.example.com/'],
      ['http://[::1]:8080', 'http://[::1]:8080/']
    ],
    bad: [
      '',
      'live.example.com',
      'ftp://x',
      'http://x/path',
      'http://x/?q',
      'http://u:p@x',
      'http://x#y',
      'http://',
      '//x'
    ]
  },
  'an address to listen on': {
    read: readHost,
    good: [
      ['::', '::'],
      ['[::1]', '::1'],
      ['127.0.0.1', '127.0.0.1'],
      ['edge.lan', 'edge.lan']
    ],
    bad: ['', 'a b', 'x:80', 'http://x', '-x', 'x-', '[', 'a_b']
  },
  networks: {
    read: readNetworks,
    good: [
      ['', []],
      ['10.0.0.1', ['10.0.0.1']],
      [' 10.0.0.0/8 , fd00::/8,', ['10.0.0.0/8', 'fd00::/8']],
      ['0.0.0.0/0', ['0.0.0.0/0']]
    ],
    bad: [
      'x',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      'fd00::/129',
      '10.0.0',
      '10.0.0.0/-1',
      'localhost',
      '/8'
    ]
  },
  names: {
    read: readNames,
    good: [
      ['', []],
      ['Live.Example.COM, edge', ['live.example.com', 'edge']],
      ['[::1],127.0.0.1', ['::1', '127.0.0.1']]
    ],
    bad: ['a b', 'x:80', '*.example.com', '-x', 'http://x']
  },
  'a switch': {
    read: readSwitch,
    good: [
      ['on', true],
      ['Yes', true],
      ['true', true],
      ['1', true],
      ['off', false],
      ['NO', false],
      ['false', false],
      ['0', false]
    ],
    bad: ['', 'maybe', '2', 'onn']
  },
  'a form of the access log': {
    read: readAccessFormat,
    good: [
      ['off', 'off'],
      ['false', 'off'],
      ['json', 'json'],
      ['combined', 'combined']
    ],
    bad: ['', 'JSON', 'xml']
  },
  'a path': {
    read: readPath,
    good: [
      ['/var/log/edge', '/var/log/edge'],
      ['-', undefined]
    ],
    bad: ['']
  },
  'a token': {
    read: readToken,
    good: [['s3cret~!', 's3cret~!']],
    bad: ['', 'a b', 'gr\xfcn', 'a\n', 'x'.repeat(1001)]
  }
}

for (const [what, { read, good, bad }] of Object.entries(cases)) {
  test(`${what} is read from what people write, and what it cannot be is refused with what was expected`, async (t) => {
    for (const [text, value] of good) t.same(read(text), value, JSON.stringify(text))
    for (const text of bad) t.throws(() => read(text), InvalidArgumentError, JSON.stringify(text))
  })
}
