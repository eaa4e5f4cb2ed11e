/** The mailbox's certificate: one for all who ask, with its own key, for this machine's names only. */
import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mailboxCertificate } from './mailbox-certificate.ts'

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'vestnik-certificate-'))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

test('all who ask at once get the same certificate, and its key', async (t) => {
  const dataDir = folder(t)
  const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => mailboxCertificate(dataDir)))
  assert.ok(first)
  for (const other of others) assert.deepEqual(other, first)
  assert.deepEqual(await mailboxCertificate(dataDir), first)
  assert.ok(new X509Certificate(first.cert).checkPrivateKey(createPrivateKey(first.key)))
  assert.equal(readFileSync(first.certFile, 'utf8'), first.cert)
  assert.equal(statSync(first.keyFile).mode & 0o777, 0o600)
})

test('it is for names of this machine only, signs for nobody else, and lasts ten years at most', async (t) => {
  const { cert, key } = await mailboxCertificate(folder(t))
  const found = new X509Certificate(cert)
  for (const name of ['localhost', 'mailbox']) assert.equal(found.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1']) assert.equal(found.checkIP(address), address)
  assert.equal(found.checkHost('mail.example'), undefined)
  assert.equal(found.ca, false)
  assert.equal(createPrivateKey(key).asymmetricKeyDetails?.namedCurve, 'prime256v1')
  assert.ok(found.validFromDate.getTime() < Date.now())
  const years = (found.validToDate.getTime() - found.validFromDate.getTime()) / (365.25 * 86_400_000)
  assert.ok(years > 9 && years <= 10, String(years))
})

test('files that do not belong together, or are no PEM, are told in a sentence', async (t) => {
  const { certFile } = await mailboxCertificate(folder(t))
  const other = await mailboxCertificate(folder(t))
  writeFileSync(certFile, other.cert)
  const dataDir = join(certFile, '..', '..')
  await assert.rejects(mailboxCertificate(dataDir), { code: 'FILE_UNUSABLE', message: /remove both files/ })
  writeFileSync(join(dataDir, 'keys', 'mailbox-key.pem'), 'x')
  await assert.rejects(mailboxCertificate(dataDir), { code: 'FILE_UNUSABLE', message: /has no PRIVATE KEY in PEM/ })
})
