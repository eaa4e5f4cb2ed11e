import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '@vestnik/bus/errors'
import { readUrl } from './url.ts'

test('a URL says host, port, user, password, database and how the connection is kept private', () => {
  const target = readUrl('postgresql://us%40er:p%23ss%2F@db.example.org:6543/films?application_name=films&schema=shop')
  assert.deepEqual(target, {
    host: 'db.example.org',
    port: 6543,
    user: 'us@er',
    password: 'p#ss/',
    database: 'films',
    applicationName: 'films',
    schema: 'shop',
    tls: { ca: undefined, cert: undefined, key: undefined, checkName: true },
    shown: 'postgres://us%40er@db.example.org:6543/films',
  })
})

test('a server elsewhere is verified unless the URL says otherwise, one on this host is not asked for TLS', () => {
  const tlsOf = (rest: string) => readUrl(`postgres://u:p@${rest}`).tls?.checkName
  assert.equal(tlsOf('10.0.0.5/d'), true)
  assert.equal(tlsOf('db/d?sslmode=verify-ca'), false)
  assert.equal(tlsOf('db/d?sslmode=disable'), undefined)
  for (const here of ['localhost/d', '127.0.0.1:5433/d', '127.8.9.1/d', '[::1]/d', '/d?host=/var/run/postgresql']) {
    assert.equal(tlsOf(here), undefined, here)
  }
  assert.equal(tlsOf('127.0.0.1/d?sslmode=verify-full'), true)
  assert.equal(tlsOf('127.example.org/d'), true)
})

test('the folder of a Unix socket is a host', () => {
  const { host, port } = readUrl('postgres://u@/d?host=/var/run/postgresql')
  assert.deepEqual([host, port], ['/var/run/postgresql', 5432])
})

test('what is wrong with a URL is said in words, and its password is not', () => {
  const wrong: readonly [url: string, said: RegExp][] = [
    ['', /scheme is missing/],
    ['u:s3cret@host/d', /scheme is "u:"/],
    ['mysql://u:s3cret@host/d', /scheme is "mysql:": it must be postgres: or postgresql:/],
    ['postgres://u:s3cret@host', /names no database/],
    ['postgres://u:s3cret@host/', /names no database/],
    ['postgres://host/d', /names no user/],
    ['postgres://u:s3cret@host:port/d', /not a URL/],
    ['postgres://u:s3cret#x@host/d', /part behind #|not a URL/],
    ['postgres://u:s3cret%@host/d', /its password has a %/],
    ['postgres://u:s3cret@host/d?sslmode=require', /sslmode is "require", which verifies no certificate/],
    ['postgres://u:s3cret@host/d?sslmode=no-verify', /allowed are disable, verify-ca, verify-full/],
    ['postgres://u:12?s3cret=b@host/d', /%3F/],
    ['postgres://u:s3cret@host/d?ssl=true', /parameter "ssl": allowed are sslmode, /],
    ['postgres://u:s3cret@host/d?host=other', /folder of a Unix socket/],
    ['postgres://u:s3cret@host/d?sslrootcert=/nowhere/ca.pem', /sslrootcert names \/nowhere\/ca.pem.*ENOENT/],
  ]
  for (const [url, said] of wrong) {
    assert.throws(
      () => readUrl(url),
      (error) => {
        assert.ok(hasCode(error, 'BAD_URL'), url)
        assert.match(error.message, said)
        assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /s3cret/)
        return true
      },
    )
  }
})
