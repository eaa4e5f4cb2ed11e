/** The development mailbox's own certificate: made once in the data folder, so that mail to it goes by verified STARTTLS as anywhere. */
import { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import { makeOnce } from './data-folder.ts'

export interface MailboxCertificate {
  /** The certificate alone: what a mailer trusts (`MAIL_CA`). */
  readonly certFile: string
  /** The key, and the certificate that was made with it. */
  readonly keyFile: string
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

/** Names of this machine, and the mailbox's in a network of containers. */
const names = [
  { type: 'dns', value: 'localhost' },
  { type: 'dns', value: 'mailbox' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
] as const
const dayMs = 86_400_000
const lifeDays = 3650

/**
 * The certificate in `keys` of the data folder. Whoever comes first makes it; all get the same, whose key fits.
 * @throws BusError `FILE_UNUSABLE`
 */
export async function mailboxCertificate(dataDir: string): Promise<MailboxCertificate> {
  const certFile = join(dataDir, 'keys', 'mailbox-cert.pem')
  const keyFile = join(dataDir, 'keys', 'mailbox-key.pem')
  // Both are made as one file: of two, another process could make the second.
  const made = await makeOnce(keyFile, makeKeyAndCertificate)
  const key = partOf(made, 'PRIVATE KEY', keyFile)
  const cert = partOf(made, 'CERTIFICATE', keyFile)
  const copied = await makeOnce(certFile, async () => cert)
  if (copied === cert) return { certFile, keyFile, cert, key }
  const reason = `its certificate is not the one in ${keyFile}; remove both files, and they are made again`
  throw new BusError('FILE_UNUSABLE', `read ${certFile}: ${reason}`)
}

async function makeKeyAndCertificate(): Promise<string> {
  // Loaded only at the first start of all.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Vestnik mailbox for development',
    // Clocks of containers differ a little.
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + (lifeDays - 1) * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...names]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })
  return `${String(key).trim()}\n${certificate.toString('pem').trim()}\n`
}

function partOf(pem: string, label: string, file: string): string {
  const part = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(pem)?.[0]
  if (part !== undefined) return `${part}\n`
  throw new BusError('FILE_UNUSABLE', `read ${file}: it has no ${label} in PEM; remove it, and it is made again`)
}
