/** The mailbox's variables: each that is wrong is told with its name. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type MailboxCertificate, mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { readCertificate, readMailboxConfig } from './config.ts'
import { createSmtp } from './smtp.ts'

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-mailbox-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('nothing needs to be set', () => {
  const { host, port, smtpPort, dataDir, files } = readMailboxConfig({})
  assert.deepEqual([host, port, smtpPort, files], ['127.0.0.1', 8025, 1025, undefined])
  assert.equal(dataDir, join(process.cwd(), 'data'))
})

const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ NODE_ENV: 'production' }, /^NODE_ENV is "production": .* every code .* MAIL_HOST/],
  [{ MAILBOX_PORT: 'http' }, /^MAILBOX_PORT is "http": it must be a port/],
  [{ MAILBOX_SMTP_PORT: '0' }, /^MAILBOX_SMTP_PORT is "0": it must be a port/],
  [{ MAILBOX_PORT: '1025' }, /^MAILBOX_SMTP_PORT is "1025": it must not be that of MAILBOX_PORT/],
  [{ HOST: 'a b' }, /^HOST is "a b": it must be an address/],
  [{ MAILBOX_CERT: 'cert.pem' }, /^MAILBOX_CERT and MAILBOX_KEY must be set together/],
  [{ MAILBOX_KEY: 'key.pem' }, /^MAILBOX_CERT and MAILBOX_KEY must be set together/],
]

for (const [variables, sentence] of wrong) {
  test(`${JSON.stringify(variables)} is refused`, () => {
    assert.throws(() => readMailboxConfig(variables), { code: 'BAD_CONFIG', message: sentence })
  })
}

async function files(t: TestContext, cert: string, key: string): Promise<MailboxCertificate> {
  const folder = scratch(t)
  const [one, other] = [await mailboxCertificate(join(folder, 'one')), await mailboxCertificate(join(folder, 'other'))]
  const texts = { 'cert.pem': one.cert, 'key.pem': one.key, 'other.pem': other.key, 'rubbish.pem': 'rubbish' }
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
  const config = readMailboxConfig({ MAILBOX_CERT: join(folder, cert), MAILBOX_KEY: join(folder, key) })
  const read = await readCertificate(config)
  // What cannot be used together is found out by the server that is to use it.
  createSmtp({ ...read, messages: undefined as never, log: undefined as never })
  return { ...read, certFile: join(folder, cert), keyFile: join(folder, key) }
}

test('a certificate of its own is used', async (t) => {
  const { cert, certFile } = await files(t, 'cert.pem', 'key.pem')
  assert.equal(cert, readFileSync(certFile, 'utf8'))
})

test('without one, the one of the data folder is made', async (t) => {
  const dataDir = scratch(t)
  const { cert } = await readCertificate(readMailboxConfig({ DATA_DIR: dataDir }))
  assert.equal(cert, (await mailboxCertificate(dataDir)).cert)
})

const unusable: readonly (readonly [string, string, RegExp])[] = [
  ['none.pem', 'key.pem', /^MAILBOX_CERT is ".*none\.pem": ENOENT/],
  ['cert.pem', 'rubbish.pem', /^MAILBOX_KEY is ".*rubbish\.pem": it must be a file in PEM/],
  ['cert.pem', 'other.pem', /^MAILBOX_CERT and MAILBOX_KEY cannot be used together: /],
]

for (const [cert, key, sentence] of unusable) {
  test(`${cert} with ${key} is refused`, async (t) => {
    await assert.rejects(files(t, cert, key), { code: 'BAD_CONFIG', message: sentence })
  })
}
