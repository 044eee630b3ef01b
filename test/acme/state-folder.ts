import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { StateFolder } from '../../src/acme/state-folder.ts'
import { readCertificate } from '../../src/certificate.ts'
import { Authority } from '../fixtures/certificate.ts'

const directory = new URL('https://ca.example:14000/directory')
const folderIn = (t: Test): StateFolder => new StateFolder(join(t.testdir(), 'state'), directory)
const authority = new Authority()

function certificateFor(name: string) {
  const { chain, key } = authority.pair([name])
  return readCertificate(chain, key)
}

test('what is kept is there after a restart, for its owner only', async (t) => {
  const base = join(t.testdir(), 'state')
  const folder = new StateFolder(base, directory)
  t.equal(folder.account, undefined)
  t.equal(folder.certificateFor('edge.example'), undefined)
  const certificate = certificateFor('edge.example')
  folder.keepCertificate('edge.example', certificate)
  folder.keepAccount({ key: 'k', url: 'https://ca.example/1', email: undefined })
  const again = new StateFolder(base, directory)
  t.equal(again.certificateFor('edge.example')?.validUntil, certificate.validUntil)
  t.equal(again.certificateFor('edge.example')?.key.trim(), certificate.key.trim())
  t.match(again.account, { key: 'k', url: 'https://ca.example/1' })
  t.same(readdirSync(folder.path).sort(), ['account.json', 'edge.example.pem'])
  for (const name of readdirSync(folder.path))
    t.equal(statSync(join(folder.path, name)).mode & 0o777, 0o600, name)
  t.equal(statSync(folder.path).mode & 0o777, 0o700)
})

test('what one CA gave is not shown when another is asked', async (t) => {
  const base = t.testdir()
  new StateFolder(base, directory).keepCertificate('edge.example', certificateFor('edge.example'))
  t.equal(
    new StateFolder(base, new URL('https://other.example/directory')).certificateFor('edge.example'),
    undefined
  )
})

test('a certificate that is damaged or for another name is not taken', async (t) => {
  const folder = folderIn(t)
  writeFileSync(join(folder.path, 'edge.example.pem'), 'half of some')
  t.throws(() => folder.certificateFor('edge.example'), { message: /no certificate in PEM/ })
  folder.keepCertificate('edge.example', certificateFor('else.example'))
  t.throws(() => folder.certificateFor('edge.example'), { message: /another name/ })
})

test('a folder that cannot be written is found at the start', async (t) => {
  const base = t.testdir()
  chmodSync(base, 0o500)
  const isSuperuser = process.getuid?.() === 0
  try {
    // The superuser may write anywhere: then it is found out as somebody else.
    if (isSuperuser) process.seteuid?.(65534)
    t.throws(() => new StateFolder(base, directory), { code: 'EACCES' })
  } finally {
    if (isSuperuser) process.seteuid?.(0)
  }
})

test('a file in the place of the folder is found at the start', async (t) => {
  const base = t.testdir({ state: 'a file' })
  t.throws(() => new StateFolder(join(base, 'state'), directory), { code: 'ENOTDIR' })
})
