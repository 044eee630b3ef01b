import { test } from 'tap'
import { Challenges } from '../../src/acme/challenges.ts'

test('an open challenge is found under its token and nowhere else, as long as it is open', async (t) => {
  const challenges = new Challenges()
  t.equal(challenges.at('/.well-known/acme-challenge/a'), undefined)
  challenges.open('a', 'a.thumbprint')
  t.equal(challenges.at('/.well-known/acme-challenge/a'), 'a.thumbprint')
  for (const path of ['/.well-known/acme-challenge/', '/.well-known/acme-challenge/b', '/a', '']) {
    t.equal(challenges.at(path), undefined, path)
  }
  challenges.close('a')
  t.equal(challenges.at('/.well-known/acme-challenge/a'), undefined)
})
