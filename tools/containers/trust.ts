/** Whom this machine trusts: Node with what the environment adds, the system, and npm by its own configuration. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import { promisify } from 'node:util'

/** Certificates in PEM, each once: a build in a container can fetch from where this machine can, whose registry has a name of its own there. */
export async function trustedCertificates(): Promise<string> {
  const known = [...getCACertificates('default'), ...getCACertificates('system'), ...(await certificatesOfNpm())]
  return [...new Set(known.map((certificate) => `${certificate.trim()}\n`))].join('')
}

async function certificatesOfNpm(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'cafile'], { timeout: 60_000 })
  const file = stdout.trim()
  if (file === '' || file === 'null' || file === 'undefined') return []
  return (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
