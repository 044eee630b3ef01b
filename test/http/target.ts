import { test } from 'tap'
import { targetOf } from '../../src/http/target.ts'

test('a reference comes to a target of the same host or to none', async (t) => {
  const table: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['', '/dir/page?x=1'],
    ['other', '/dir/other'],
    ['/a/b?c#d', '/a/b?c'],
    ['?y=2', '/dir/page?y=2'],
    ['http://edge.example:8080/x', '/x'],
    ['https://EDGE.example:8080/x', '/x'],
    ['//edge.example:8080/x', '/x'],
    ['http://edge.example/x', undefined],
    ['http://other.example:8080/x', undefined],
    ['//other.example/x', undefined],
    ['javascript:1', undefined],
    ['http://[', undefined]
  ]
  for (const [reference, target] of table)
    t.equal(targetOf(reference, 'edge.example:8080', '/dir/page?x=1'), target, `${reference}`)
})

test('a Host that is none leads nowhere', async (t) => {
  t.equal(targetOf('/x', 'a b', '/'), undefined)
})
