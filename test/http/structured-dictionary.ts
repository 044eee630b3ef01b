import fc from 'fast-check'
import { test } from 'tap'
import { type MemberValue, parseDictionary } from '../../src/http/structured-dictionary.ts'

const yes: MemberValue = { type: 'boolean', value: true }
const integer = (value: number): MemberValue => ({ type: 'integer', value })

test('a dictionary is read by the rules of RFC 8941', async (t) => {
  const table: [string, Record<string, MemberValue>][] = [
    ['', {}],
    ['   ', {}],
    ['a', { a: yes }],
    ['a=1', { a: integer(1) }],
    [
      '  a=1,b=-2 \t,\t c=?0, d=?1  ',
      { a: integer(1), b: integer(-2), c: { type: 'boolean', value: false }, d: yes }
    ],
    ['a=1,a=2', { a: integer(2) }],
    ['a=1.5, b=-0.123', { a: { type: 'decimal' }, b: { type: 'decimal' } }],
    ['a=999999999999999', { a: integer(999999999999999) }],
    ['a=007', { a: integer(7) }],
    ['a="x, \\"y\\" \\\\"', { a: { type: 'string', value: 'x, "y" \\' } }],
    ['a=""', { a: { type: 'string', value: '' } }],
    [
      "a=tok/en:*, b=*x, c=T!#$%&'*+-.^_`|~",
      { a: { type: 'token' }, b: { type: 'token' }, c: { type: 'token' } }
    ],
    ['a=:aGVsbG8=:, b=::', { a: { type: 'bytes' }, b: { type: 'bytes' } }],
    [
      'a=(), b=(1 "x, y"  tok;q=1 ), c=( 1 );p',
      { a: { type: 'list' }, b: { type: 'list' }, c: { type: 'list' } }
    ],
    ['a;p, b;p=1; *q="x" ,c=1;p=?0;r=:YQ==:', { a: yes, b: yes, c: integer(1) }],
    ['*a_-.*1=1', { '*a_-.*1': integer(1) }]
  ]
  for (const [field, members] of table)
    t.same(Object.fromEntries(parseDictionary(field) ?? [['failed', yes]]), members, field)
})

test('what does not parse to the letter is nothing at all', async (t) => {
  const fields = [
    'a,',
    ',a',
    'a,,b',
    'a b',
    'a=',
    'a =1',
    'a= 1',
    'A=1',
    'max-Age=1',
    '1a=1',
    'a=1x',
    'a=1.',
    'a=1.2345',
    'a=.5',
    'a=--1',
    'a=+1',
    'a=1234567890123456',
    'a=1234567890123.1',
    'a="x',
    'a=x"',
    'a="\\x"',
    'a="\t"',
    'a="ü"',
    'a=?2',
    'a=?',
    'a=:a*:',
    'a=:YQ==',
    'a=(1',
    'a=1)',
    'a=(1"x")',
    'a=(1,2)',
    'a=(1\t2)',
    'a=((1))',
    'a=1 ;p',
    'a=1;',
    'a=1;P',
    'a;p=',
    'a=1;p=(1)',
    'max-age=10000, &&&&&',
    '\ta',
    'a=@1659578233',
    'a=%"x"',
    'a=1\n',
    'ä',
    '"a"',
    'a;',
    '=1',
    'a=1, ',
    'a=1,\t'
  ]
  for (const field of fields) t.equal(parseDictionary(field), undefined, JSON.stringify(field))
})

test('what is written by the rules is read back', async (t) => {
  const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,9}$/)
  const value = fc.oneof(
    fc.integer().map((n): [string, MemberValue] => [`=${n}`, integer(n)]),
    fc.boolean().map((b): [string, MemberValue] => [`=?${b ? 1 : 0}`, { type: 'boolean', value: b }]),
    fc.constant<[string, MemberValue]>(['', yes]),
    fc
      .stringMatching(/^[ -~]*$/)
      .map((s): [string, MemberValue] => [`="${s.replace(/["\\]/g, '\\$&')}"`, { type: 'string', value: s }])
  )
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name }), (members) => {
      const field = members.map(([name, [text]]) => name + text).join(', ')
      t.strictSame(parseDictionary(field), new Map(members.map(([name, [, read]]) => [name, read])), field)
    }),
    { numRuns: 60 }
  )
  fc.assert(fc.property(fc.string(), (field) => parseDictionary(field) !== null))
})

test('a long field of nothing useful is refused quickly', async (t) => {
  const began = process.hrtime.bigint()
  for (const part of [' ', 'a;', '(', '1', '"\\"', ', ', 'a=(1 '])
    t.equal(parseDictionary(`a=${part.repeat(4000)}\u0000`), undefined)
  t.ok(process.hrtime.bigint() - began < 500_000_000n)
})
