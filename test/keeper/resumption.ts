import { test } from 'tap'
import type { ResponseHead } from '../../src/cache.ts'
import { continuation, Resumption, restFields } from '../../src/keeper/resumption.ts'

const modified = 'Sun, 22 Nov 2026 08:00:00 GMT'
const head: ResponseHead = {
  status: 200,
  fields: ['Last-Modified', modified],
  length: 1000,
  etag: undefined,
  lastModified: 0,
  date: 0
}

test('the rest is asked for from the byte that is missing, under the validator that came', (t) => {
  t.same(restFields(head, 300), ['Range', 'bytes=300-', 'If-Range', modified])
  t.same(restFields({ ...head, etag: '"a"' }, 300), ['Range', 'bytes=300-', 'If-Range', '"a"'])
  t.same(restFields({ ...head, etag: 'W/"a"' }, 300), ['Range', 'bytes=300-'], 'a weak one proves nothing')
  t.same(restFields({ ...head, fields: [] }, 300), ['Range', 'bytes=300-'])
  t.end()
})

const answers: [string, number, string[], object][] = [
  [
    'the rest',
    206,
    ['Content-Range', 'bytes 300-999/1000', 'Last-Modified', modified],
    { kind: 'onward', skip: 0 }
  ],
  [
    'the rest, of a length it does not say',
    206,
    ['Content-Range', 'bytes 300-999/*', 'Last-Modified', modified],
    { kind: 'onward', skip: 0 }
  ],
  [
    'everything again',
    200,
    ['Content-Length', '1000', 'Last-Modified', modified],
    { kind: 'onward', skip: 300 }
  ],
  [
    'another place',
    206,
    ['Content-Range', 'bytes 200-999/1000', 'Last-Modified', modified],
    { kind: 'changed' }
  ],
  [
    'another length',
    206,
    ['Content-Range', 'bytes 300-1999/2000', 'Last-Modified', modified],
    { kind: 'changed' }
  ],
  [
    'a whole of another length',
    200,
    ['Content-Length', '900', 'Last-Modified', modified],
    { kind: 'changed' }
  ],
  [
    'another date',
    206,
    ['Content-Range', 'bytes 300-999/1000', 'Last-Modified', 'Sun, 22 Nov 2026 08:00:01 GMT'],
    { kind: 'changed' }
  ],
  ['no place at all', 206, ['Last-Modified', modified], { kind: 'changed' }],
  ['an error', 503, [], { kind: 'failed' }],
  ['nothing there', 404, [], { kind: 'failed' }]
]

for (const [what, status, fields, expected] of answers) {
  test(`an answer of ${what} is ${JSON.stringify(expected)}`, (t) => {
    t.same(continuation(head, 300, status, fields), expected)
    t.end()
  })
}

test('an answer by ETag need not repeat the date, but never another', (t) => {
  const tagged = { ...head, etag: '"a"', fields: [...head.fields, 'ETag', '"a"'] }
  const rest = ['Content-Range', 'bytes 300-999/1000']
  t.same(continuation(tagged, 300, 206, [...rest, 'ETag', '"a"']), { kind: 'onward', skip: 0 })
  t.same(continuation(tagged, 300, 206, [...rest, 'ETag', '"b"']), { kind: 'changed' })
  t.same(continuation(tagged, 300, 206, rest), { kind: 'changed' })
  t.same(continuation(tagged, 300, 200, ['ETag', '"a"']), { kind: 'changed' }, 'all again says all again')
  t.end()
})

test('attempts come with longer pauses and end; progress begins them anew; patience ends with 20 s without a byte', (t) => {
  const resumption = new Resumption(0)
  const pauses: (number | undefined)[] = []
  for (let i = 0; i < 7; i++) pauses.push(resumption.nextPause(1000))
  t.same(pauses, [50, 200, 500, 1000, 2000, 2000, undefined])
  resumption.progressed(2000)
  t.equal(resumption.nextPause(2000), 50)
  t.equal(resumption.nextPause(22_001), undefined)
  t.end()
})
