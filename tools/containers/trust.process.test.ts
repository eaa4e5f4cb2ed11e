/** What this machine trusts is handed on wherever it is said: in the environment, or in npm's configuration. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { makeCertificate } from '../../services/mailer/certificates.fixture.ts'

const program = `
  const { trustedCertificates } = await import(${JSON.stringify(new URL('trust.ts', import.meta.url).href)})
  process.stdout.write(await trustedCertificates())`

test('certificates of the environment, of npm and of Node itself are trusted', { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vestnik-trust-'))
  t.after(() => rm(folder, { recursive: true }))
  const [extra, ofNpm] = await Promise.all([makeCertificate('extra.test'), makeCertificate('npm.test')])
  const files = { extra: join(folder, 'extra.pem'), ofNpm: join(folder, 'npm.pem') }
  await writeFile(files.extra, extra.cert)
  await writeFile(files.ofNpm, ofNpm.cert)
  const env = { PATH: process.env.PATH, HOME: folder, NODE_EXTRA_CA_CERTS: files.extra, npm_config_cafile: files.ofNpm }
  const words = ['--input-type=module', '--eval', program]
  const trusted = execFileSync(process.execPath, words, { env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  for (const certificate of [extra.cert, ofNpm.cert, ...rootCertificates])
    assert.ok(trusted.includes(certificate.trim()))
})
