/** The mailbox's variables. It shows codes to whoever opens its page, so it refuses to run in production. */
import { readFile } from 'node:fs/promises'
import { BusError } from '@vestnik/bus/errors'
import { type Environment, fields, readVariables } from '@vestnik/service'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'

export interface MailboxConfig {
  readonly host: string
  readonly port: number
  readonly smtpPort: number
  readonly dataDir: string
  /** PEM files; undefined: made once in the data folder. */
  readonly files: { readonly cert: string; readonly key: string } | undefined
}

/** @throws BusError `BAD_CONFIG` */
export function readMailboxConfig(environment: Environment): MailboxConfig {
  const found = readVariables(environment, {
    NODE_ENV: fields.oneOf(['development', 'test', 'production']),
    HOST: fields.host('127.0.0.1'),
    MAILBOX_PORT: fields.port(8025),
    MAILBOX_SMTP_PORT: fields.port(1025),
    DATA_DIR: fields.path('data'),
    MAILBOX_CERT: fields.optionalPath(),
    MAILBOX_KEY: fields.optionalPath(),
  })
  refuse(
    found.NODE_ENV === 'production',
    'NODE_ENV is "production": the mailbox shows every code to whoever opens its page; set MAIL_HOST of the mailer instead',
  )
  refuse(
    found.MAILBOX_PORT === found.MAILBOX_SMTP_PORT,
    `MAILBOX_SMTP_PORT is "${found.MAILBOX_SMTP_PORT}": it must not be that of MAILBOX_PORT`,
  )
  return {
    host: found.HOST,
    port: found.MAILBOX_PORT,
    smtpPort: found.MAILBOX_SMTP_PORT,
    dataDir: found.DATA_DIR,
    files: readFiles(found.MAILBOX_CERT, found.MAILBOX_KEY),
  }
}

/** PEM. @throws BusError `BAD_CONFIG`, `FILE_UNUSABLE` */
export async function readCertificate({ files, dataDir }: MailboxConfig): Promise<{ cert: string; key: string }> {
  if (files === undefined) return await mailboxCertificate(dataDir)
  const [cert, key] = await Promise.all([readPem('MAILBOX_CERT', files.cert), readPem('MAILBOX_KEY', files.key)])
  return { cert, key }
}

function readFiles(cert: string | undefined, key: string | undefined): MailboxConfig['files'] {
  refuse((cert === undefined) !== (key === undefined), 'MAILBOX_CERT and MAILBOX_KEY must be set together, or neither')
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

async function readPem(variable: string, file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8')
    refuse(!text.includes('-----BEGIN '), `${variable} is ${JSON.stringify(file)}: it must be a file in PEM`)
    return text
  } catch (error) {
    if (error instanceof BusError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new BusError('BAD_CONFIG', `${variable} is ${JSON.stringify(file)}: ${reason}`, { cause: error })
  }
}

function refuse(wrong: boolean, sentence: string): void {
  if (wrong) throw new BusError('BAD_CONFIG', sentence)
}
