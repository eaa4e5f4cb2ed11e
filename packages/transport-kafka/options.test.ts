/** What the URL and the options say, and what is refused before anything is opened. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import { namesFor } from './names.ts'
import { readSettings } from './options.ts'

test('a URL names one broker or several, and what is shown of it holds no password', () => {
  const { brokers, shown, tls, sasl } = readSettings('kafka://one,two:9093,[::1]:9094/', {})
  assert.deepEqual(brokers, [
    { host: 'one', port: 9092 },
    { host: 'two', port: 9093 },
    { host: '::1', port: 9094 },
  ])
  assert.equal(shown, 'kafka://one:9092,two:9093,::1:9094')
  assert.deepEqual([tls, sasl], [undefined, undefined])
  const secured = readSettings('kafkas://u%40x:p%2Fw%3A@one:9093,two:9093', {})
  assert.deepEqual(secured.sasl, { username: 'u@x', password: 'p/w:' })
  assert.equal(secured.shown, 'kafkas://one:9093,two:9093')
})

test('kafkas: is TLS, with the certificates that ca names or those that Node trusts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-kafka-options-'))
  try {
    const path = join(folder, 'ca one.pem')
    writeFileSync(path, 'certificates')
    const { tls } = readSettings(`kafkas://one?ca=${encodeURIComponent(path)}`, {})
    assert.equal(String(tls?.ca), 'certificates')
    assert.deepEqual(readSettings('kafkas://one', { tls: { servername: 'two' } }).tls, { servername: 'two' })
    const missing = join(folder, 'none.pem')
    assert.throws(() => readSettings(`kafkas://one?ca=${missing}`, {}), { code: 'BAD_URL', message: /none\.pem/ })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a password goes to another host without TLS only where that is allowed', () => {
  const url = 'kafka://me:hunter2@broker:9092'
  assert.throws(() => readSettings(url, {}), { code: 'BAD_URL', message: /kafkas:.*plaintextAllowed/ })
  assert.equal(readSettings(url, { plaintextAllowed: true }).sasl?.username, 'me')
  assert.equal(readSettings('kafka://me:hunter2@127.0.0.1:9092,localhost,[::1]', {}).sasl?.username, 'me')
})

test('a URL that cannot be used is refused, and never shown', () => {
  for (const url of [
    '',
    'kafka:',
    'kafka://',
    'kafka:///',
    'http://me:hunter2@host',
    'kafka://host:0',
    'kafka://host:65536',
    'kafka://host:hunter2',
    'kafka://one,,two',
    'kafka://one,',
    'kafka://[one',
    'kafka://host/hunter2',
    'kafka://host#hunter2',
    'kafka://host?ca=hunter2',
    'kafkas://host?ca=',
    'kafkas://host?ca=a&ca=b',
    'kafkas://host?hunter2=1',
    'kafkas://hunter2@host',
    'kafkas://:hunter2@host',
    'kafkas://me:@host',
    'kafkas://me:hunter2%@host',
    'kafkas://me:hunter2@',
  ]) {
    assert.throws(
      () => readSettings(url, {}),
      (error: unknown) => {
        assert.ok(hasCode(error, 'BAD_URL'), `${url}: ${error}`)
        assert.ok(!error.message.includes('hunter2'), error.message)
        return true
      },
    )
  }
})

test('an option that cannot be used is refused by its name', () => {
  const refused = { code: 'BAD_OPTION' }
  for (const options of [
    { maxBodyBytes: 0 },
    { publishMs: 0.5 },
    { replicas: 0 },
    { minInsyncReplicas: Number.NaN },
    { replicas: 2, minInsyncReplicas: 3 },
    { retentionMs: -1 },
    { rememberMs: 0 },
    { sessionMs: 1 },
    { clientId: 'a b' },
  ]) {
    const [name = ''] = Object.keys(options)
    assert.throws(() => readSettings('kafka://host', options), { ...refused, message: new RegExp(name) })
  }
})

test('a topic is called as it is, unless a peer calls it otherwise', () => {
  const names = namesFor({ 'mail.sendCode': 'mails' })
  assert.deepEqual([names.topic('mail.sendCode'), names.isForeign('mail.sendCode')], ['mails', true])
  assert.deepEqual([names.topic('user.loggedIn'), names.isForeign('user.loggedIn')], ['user.loggedIn', false])
  for (const name of ['', '.', '..', 'a b', 'a/b', 'a'.repeat(250)]) {
    assert.throws(() => namesFor({ 'mail.sendCode': name }), { code: 'BAD_OPTION', message: /mail\.sendCode/ })
  }
})
