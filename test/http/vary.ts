import fc from 'fast-check'
import { test } from 'tap'
import { isSelected, variantOf } from '../../src/http/vary.ts'

const selects = (vary: string[], stored: string[], asked: string[], ...more: string[]) =>
  isSelected(variantOf(stored, [...vary.flatMap((value) => ['Vary', value]), ...more])!, asked)

test('a response is selected by the fields that Vary names, and by no others', async (t) => {
  t.equal(selects(['Foo'], ['Foo', '1', 'Other', '2'], ['foo', '1', 'Other', '3']), true)
  t.equal(selects(['Foo'], ['Foo', '1'], ['Foo', '2']), false)
  t.equal(selects(['Foo'], ['Foo', 'a'], ['Foo', 'A']), false)
  t.equal(
    selects(['Foo, bar', 'BAZ'], ['Foo', '1', 'Bar', '2', 'Baz', '3'], ['Baz', '3', 'Bar', '2', 'Foo', '1']),
    true
  )
  t.equal(
    selects(['Foo, bar', 'BAZ'], ['Foo', '1', 'Bar', '2', 'Baz', '3'], ['Baz', '4', 'Bar', '2', 'Foo', '1']),
    false
  )
  t.equal(selects([], ['Foo', '1'], ['Foo', '2']), true)
  t.equal(selects([', '], ['Foo', '1'], ['Foo', '2']), true)
})

test('a field that is missing matches only where it was missing', async (t) => {
  t.equal(selects(['Foo'], [], ['Foo', '1']), false)
  t.equal(selects(['Foo'], ['Foo', '1'], []), false)
  t.equal(selects(['Foo'], ['Foo', ''], []), false)
  t.equal(selects(['Foo, Bar'], ['Foo', '1'], ['Foo', '1']), true)
})

test('a response that varies by everything is selected by nothing', async (t) => {
  for (const vary of [['*'], ['*, *'], ['*', '*'], [', *'], ['', '*'], ['*, Foo'], ['Foo, *']])
    t.equal(
      variantOf(
        [],
        vary.flatMap((value) => ['Vary', value])
      ),
      undefined,
      vary.join('/')
    )
})

test('what means the same is the same: lines, whitespace, and order where there is none', async (t) => {
  const same: [string, string[], string[]][] = [
    ['Foo', ['1, 2'], ['1', '2']],
    ['Foo', ['1,2'], [' 1, 2 ']],
    ['Foo', ['"a,b"'], [' "a,b"']],
    ['Accept-Language', ['en, de'], ['de, en']],
    ['Accept-Language', ['en, de'], ['eN, De']],
    ['Accept-Language', ['en, de'], [' en ,   de']],
    ['Accept-Language', ['en;q=1.0, de;q=0.50'], ['de; q=0.5', 'en']],
    ['Accept-Encoding', ['gzip, br;q=1.000'], ['BR,gzip']]
  ]
  for (const [name, one, other] of same) {
    const fields = (values: string[]) => values.flatMap((value) => [name, value])
    t.equal(selects([name], fields(one), fields(other)), true, `${name}: ${one.join('/')}`)
    t.equal(selects([name], fields(other), fields(one)), true, `${name}: ${other.join('/')}`)
  }
})

test('what may mean something else is something else', async (t) => {
  const different: [string, string, string][] = [
    ['Foo', '1, 2', '2, 1'],
    ['Foo', '"a, b"', '"a,b"'],
    ['Accept-Language', 'en, de;q=0.5', 'en, de'],
    ['Accept-Language', 'en;q=0', 'en'],
    ['Accept-Encoding', 'gzip;q=x', 'gzip'],
    ['Accept-Encoding', 'gzip, br', 'gzip']
  ]
  for (const [name, one, other] of different)
    t.equal(selects([name], [name, one], [name, other]), false, `${one} ${other}`)
})

test('an answer in the one language that the client likes best will do', async (t) => {
  const asked = (acceptLanguage: string, contentLanguage = 'de') =>
    selects(
      ['Accept-Language'],
      ['Accept-Language', 'en, de'],
      ['Accept-Language', acceptLanguage],
      'Content-Language',
      contentLanguage
    )
  t.equal(asked('fr;q=0.5, de;q=1.0'), true)
  t.equal(asked('DE'), true)
  t.equal(asked('fr;q=0.5, de;q=0.4'), false)
  t.equal(asked('fr, de'), false, 'likes two as much')
  t.equal(asked('de-CH, de;q=0.9'), false)
  t.equal(asked('de', 'de, en'), false, 'is in two')
  t.equal(asked('*', '*'), true, 'a field value like any other')
  t.equal(selects(['Accept-Language'], ['Accept-Language', 'en'], [], 'Content-Language', 'de'), false)
  t.equal(
    selects(
      ['Accept-Language, Foo'],
      ['Accept-Language', 'en'],
      ['Accept-Language', 'de', 'Foo', '1'],
      'Content-Language',
      'de'
    ),
    false
  )
})

test('a request always selects its own answer', async (t) => {
  const names = fc.constantFrom('Foo', 'Accept-Language', 'accept-encoding', 'User-Agent')
  const fields = fc.array(fc.tuple(names, fc.string())).map((pairs) => pairs.flat())
  fc.assert(
    fc.property(fields, fc.array(names), (request, vary) => selects([vary.join(',')], request, request))
  )
  t.pass()
})
