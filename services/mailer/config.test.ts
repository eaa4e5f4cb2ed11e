/** The mailer's variables: where mail goes, and what ends the start. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeCertificate } from './certificates.fixture.ts'
import { readMailerConfig, readSecureContext } from './config.ts'

const real = { MAIL_HOST: 'smtp.example.org', MAIL_USER: 'films@example.org', MAIL_PASS: 'correct-horse' }

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'vestnik-mailer-config-'))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

test('without a mail server mail goes to the built-in mailbox, on this machine', () => {
  const { server, from, builtIn, port } = readMailerConfig({})
  assert.deepEqual(server, {
    host: '127.0.0.1',
    port: 1025,
    servername: 'localhost',
    implicitTls: false,
    auth: undefined,
  })
  assert.deepEqual([from, builtIn, port], [{ address: 'no-reply@vestnik.example', name: 'Vestnik' }, true, 3103])
  const elsewhere = readMailerConfig({ HOST: '0.0.0.0', MAILBOX_SMTP_PORT: '2525', MAIL_FROM_NAME: 'Кино' })
  assert.deepEqual([elsewhere.server.host, elsewhere.server.port, elsewhere.from.name], ['127.0.0.1', 2525, 'Кино'])
})

test('an existing mail sender is configured in the same words', () => {
  const config = readMailerConfig({ ...real, MAIL_PORT: '2587', MAIL_FROM_NAME: 'Фильмы', NODE_ENV: 'production' })
  assert.deepEqual(config.server, {
    host: 'smtp.example.org',
    port: 2587,
    implicitTls: false,
    auth: { user: 'films@example.org', pass: 'correct-horse' },
  })
  assert.deepEqual([config.from, config.builtIn], [{ address: 'films@example.org', name: 'Фильмы' }, false])
  assert.equal(readMailerConfig({ ...real, MAIL_FROM: 'no-reply@example.org' }).from.address, 'no-reply@example.org')
  assert.deepEqual(readMailerConfig(real).server.port, 587)
  assert.equal(readMailerConfig({ ...real, MAIL_PORT: '465' }).server.implicitTls, true)
  assert.equal(readMailerConfig({ MAIL_HOST: '::1', MAIL_FROM: 'films@example.org' }).server.auth, undefined)
})

const wrong: readonly (readonly [environment: Record<string, string>, sentence: RegExp])[] = [
  [{ NODE_ENV: 'production' }, /^MAIL_HOST is not set: it must be .* with NODE_ENV=production there is no built-in/],
  [{ MAIL_USER: 'x', MAIL_PASS: 'y' }, /^MAIL_HOST is not set: it must be .* as MAIL_USER is set/],
  [{ ...real, MAIL_HOST: 'smtp example' }, /^MAIL_HOST is "smtp example": it must be the name or the address/],
  [{ ...real, MAIL_HOST: 'smtps://smtp.example.org' }, /^MAIL_HOST is "smtps:\/\/smtp.example.org": it must be/],
  [{ ...real, MAIL_PORT: '0' }, /^MAIL_PORT is "0": it must be a port/],
  [{ ...real, MAIL_FROM: 'a@b.cc, c@d.ee' }, /^MAIL_FROM is "a@b.cc, c@d.ee": it must be one e-mail address/],
  [{ ...real, MAIL_FROM_NAME: 'a\r\nBcc: x@y.zz' }, /^MAIL_FROM_NAME is ".*": it must be a name in one line/],
  [{ ...real, MAIL_PASS: 'correct\nhorse' }, /^MAIL_PASS is set to something else: it must be/],
  [{ MAIL_HOST: 'smtp.example.org', MAIL_USER: 'films@example.org' }, /^MAIL_PASS is not set: it must be/],
  [{ MAIL_HOST: 'smtp.example.org', MAIL_PASS: 'correct-horse' }, /^MAIL_USER is not set: it must be/],
  [{ ...real, MAIL_USER: 'films' }, /^MAIL_FROM is not set: it must be one e-mail address, as MAIL_USER is none/],
  [{ MAIL_HOST: 'smtp.example.org' }, /^MAIL_FROM is not set: .* MAIL_USER is not set either/],
]
for (const [environment, sentence] of wrong) {
  test(`a wrong configuration is told: ${sentence.source.slice(1, 60)}`, () => {
    assert.throws(
      () => readMailerConfig(environment),
      (error) => {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'BAD_CONFIG')
        assert.match(error.message, sentence)
        assert.doesNotMatch(error.message, /horse/)
        return true
      },
    )
  })
}

test('MAIL_CA must name certificates', async (t) => {
  const file = join(folder(t), 'ca.pem')
  const { cert, key } = await makeCertificate()
  writeFileSync(file, cert)
  await readSecureContext(readMailerConfig({ ...real, MAIL_CA: file }))
  for (const text of ['', 'no certificate', key]) {
    writeFileSync(file, text)
    await assert.rejects(readSecureContext(readMailerConfig({ ...real, MAIL_CA: file })), (error) => {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'BAD_CONFIG')
      assert.match(error.message, /^MAIL_CA is ".*ca\.pem": it must be the path of a PEM file/)
      return true
    })
  }
  await assert.rejects(readSecureContext(readMailerConfig({ ...real, MAIL_CA: join(file, 'none') })), {
    code: 'BAD_CONFIG',
  })
})
