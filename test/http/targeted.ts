import { test } from 'tap'
import { governing, targetedControl } from '../../src/http/targeted.ts'

test('a targeted field says what Cache-Control could say', async (t) => {
  t.match(targetedControl('max-age=60, s-maxage=5, stale-while-revalidate=1'), {
    maxAge: 60,
    sMaxage: 5,
    staleWhileRevalidate: 1
  })
  t.match(targetedControl('no-store, private'), { noStore: true, private: true, maxAge: undefined })
  t.match(targetedControl('no-cache="set-cookie, b", foo=(1 2)'), {
    noCache: false,
    noCacheFields: ['set-cookie', 'b']
  })
  t.match(
    targetedControl('max-age=60;p=1, no-store=?0'),
    { maxAge: 60, noStore: false },
    'parameters and falsehoods'
  )
  t.match(targetedControl('max-age=1, max-age=2'), { maxAge: 2 }, 'the last counts here (RFC 8941 §3.2)')
  t.match(targetedControl('max-age=-5'), { maxAge: 0 })
  t.match(targetedControl('max-age=99999999999'), { maxAge: 2 ** 31 })
})

test('a targeted field that is empty, does not parse or has a wrong type is as if it were not there', async (t) => {
  const fields = [
    undefined,
    '',
    '  ',
    'max-age=10000, &&&&&',
    'max-age="10000"',
    'max-age=1.5',
    'max-age',
    'MaX-aGe=3600',
    'max-age =1',
    'max-age= 1',
    'no-store=1',
    'no-cache=1',
    'private=(a)',
    'must-revalidate="x"',
    'max-age=60,'
  ]
  for (const field of fields) t.equal(targetedControl(field), undefined, `${field}`)
})

test('a valid targeted field governs alone, and Cache-Control where there is none', async (t) => {
  const both = ['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=60']
  t.match(governing(both), { targeted: true, control: { maxAge: 60, noStore: false } })
  t.match(governing(['CDN-Cache-Control', 'max-age=60', 'cdn-cache-control', 'public']), {
    control: { maxAge: 60, public: true }
  })
  t.match(governing(['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age="60"']), {
    targeted: false,
    control: { noStore: true, maxAge: undefined }
  })
  t.match(governing([]), { targeted: false, control: { maxAge: undefined } })
})

test('the first target that is there and valid governs', async (t) => {
  const targets = ['edge-cache-control', 'cdn-cache-control']
  const fields = ['CDN-Cache-Control', 'max-age=1', 'Edge-Cache-Control', 'max-age=2']
  t.equal(governing(fields, targets).control.maxAge, 2)
  t.equal(governing([...fields, 'Edge-Cache-Control', '!'], targets).control.maxAge, 1)
  t.equal(governing(fields, []).targeted, false)
})
