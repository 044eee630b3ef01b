import { test } from 'tap'
import { fieldLines, fieldValue, listOf, withoutHopByHop } from '../../src/http/fields.ts'

test('a field is found in any case and its lines are joined in order', async (t) => {
  const raw = ['Vary', 'a', 'VARY', 'b', 'x-vary', 'no', 'vary', 'c']
  t.same(fieldLines(raw, 'vary'), ['a', 'b', 'c'])
  t.equal(fieldValue(raw, 'vary'), 'a, b, c')
  t.equal(fieldValue(['Age', ''], 'age'), '', 'an empty value is a value')
  t.equal(fieldValue(raw, 'age'), undefined)
  t.same(fieldLines(raw, 'age'), [])
})

test('a value equal to the name sought is not taken for a name', async (t) => {
  t.equal(fieldValue(['Connection', 'age', 'Age', '5'], 'age'), '5')
})

test('a list is split at commas outside quoted strings only', async (t) => {
  const cases: [string, string[]][] = [
    ['a', ['a']],
    [' a ,\tb,c', ['a', 'b', 'c']],
    [',, a,,', ['a']],
    ['', []],
    ['"a,b", c', ['"a,b"', 'c']],
    ['"a\\",b", c', ['"a\\",b"', 'c']],
    ['W/"x,y","z"', ['W/"x,y"', '"z"']],
    ['a="1,2";b, c', ['a="1,2";b', 'c']],
    ['"open, b', ['"open', 'b']],
    ['a="b, no-store', ['a="b', 'no-store']]
  ]
  for (const [value, members] of cases) t.same(listOf(value), members, value)
})

test('hop-by-hop fields and those that Connection names go no further', async (t) => {
  const raw = [
    'Connection',
    'close, X-Secret ,b',
    'Keep-Alive',
    'timeout=5',
    'Proxy-Connection',
    'x',
    'TE',
    'trailers',
    'Trailer',
    'X-Sum',
    'Transfer-Encoding',
    'chunked',
    'Upgrade',
    'h2c',
    'Proxy-Authorization',
    'Basic x',
    'x-secret',
    '1',
    'B',
    '2',
    'Connection',
    'c',
    'C',
    '3',
    'Content-Type',
    'text/plain',
    'Set-Cookie',
    'a',
    'Set-Cookie',
    'b'
  ]
  t.same(withoutHopByHop(raw), ['Content-Type', 'text/plain', 'Set-Cookie', 'a', 'Set-Cookie', 'b'])
})

test('without a Connection field everything end-to-end stays, in order and case', async (t) => {
  const raw = ['hOst', 'a', 'Accept', '*/*']
  t.same(withoutHopByHop(raw), raw)
  t.same(withoutHopByHop(['Connection', 'keep-alive', ...raw]), raw)
})
