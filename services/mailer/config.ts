/** The mailer's variables: where mail is handed over, as whom, and which certificates are trusted. */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { BusError } from '@vestnik/bus'
import { allContracts, mailSendCode, normaliseEmail } from '@vestnik/contracts'
import { type Environment, fields, readServiceConfig, readVariables, type ServiceConfig } from '@vestnik/service'
import { mailboxCertificate } from '@vestnik/service/mailbox-certificate'
import { reachable } from '@vestnik/service/reachable'
import { z } from 'zod'
import type { Sender } from './mail.ts'
import type { SmtpServer } from './smtp-session.ts'

export interface MailerConfig extends ServiceConfig {
  readonly server: Omit<SmtpServer, 'secureContext'>
  readonly from: Sender
  /** The development mailbox, with the certificate that is made for it. */
  readonly builtIn: boolean
  /** A PEM file to trust besides the system's certificates. */
  readonly caFile: string | undefined
}

type MailVariables = ReturnType<typeof readMailVariables>

/** @throws BusError `BAD_CONFIG` */
export function readMailerConfig(environment: Environment): MailerConfig {
  const config = readServiceConfig('mailer', 3103, environment, {
    contracts: allContracts,
    kafkaTopicOf: mailSendCode.topic,
  })
  const found = readMailVariables(environment)
  const builtIn = found.MAIL_HOST === undefined
  if (builtIn) checkBuiltIn(found, config)
  const server = builtIn ? mailboxServer(found, config.host) : realServer(found)
  return { ...config, server, from: sender(found), builtIn, caFile: found.MAIL_CA }
}

/**
 * The system's certificates and those of `MAIL_CA` are trusted, for the development mailbox its own; TLS 1.2 or newer.
 * @throws BusError `BAD_CONFIG`, `FILE_UNUSABLE`
 */
export async function readSecureContext({ builtIn, caFile, dataDir }: MailerConfig): Promise<SecureContext> {
  const own = caFile === undefined ? [] : [await readCertificates(caFile)]
  const mailbox = builtIn ? [(await mailboxCertificate(dataDir)).cert] : []
  const trusted = builtIn ? [] : new Set([...getCACertificates('default'), ...getCACertificates('system')])
  return createSecureContext({ ca: [...trusted, ...mailbox, ...own], minVersion: 'TLSv1.2' })
}

function readMailVariables(environment: Environment) {
  return readVariables(environment, {
    MAIL_HOST: serverName,
    MAIL_PORT: fields.port(587),
    MAIL_USER: line('a user name of the mail server'),
    MAIL_PASS: { ...line("the user's password"), secret: true },
    MAIL_FROM: address,
    MAIL_FROM_NAME: line('a name in one line'),
    MAIL_CA: fields.optionalPath(),
    MAILBOX_SMTP_PORT: fields.port(1025),
  })
}

const serverName: fields.Field<string | undefined> = {
  allowed: 'the name or the address of a mail server, such as smtp.example.org',
  schema: z
    .string()
    .refine((found) => isIP(found) !== 0 || /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/i.test(found))
    .optional(),
}

const address: fields.Field<string | undefined> = {
  allowed: 'one e-mail address',
  schema: z
    .string()
    .refine((found) => normaliseEmail(found) !== undefined)
    .optional(),
}

function line(what: string): fields.Field<string | undefined> {
  const schema = z
    .string()
    .max(500)
    .regex(/^\P{Cc}*$/u)
  return { allowed: `${what}, of at most 500 characters`, schema: schema.optional() }
}

function checkBuiltIn({ MAIL_USER, MAIL_PASS }: MailVariables, { production }: ServiceConfig): void {
  const allowed = 'the name of a mail server'
  if (production) {
    throw badConfig('MAIL_HOST is not set', `${allowed}; with NODE_ENV=production there is no built-in mailbox`)
  }
  for (const [name, value] of Object.entries({ MAIL_USER, MAIL_PASS })) {
    if (value !== undefined) throw badConfig('MAIL_HOST is not set', `${allowed}, as ${name} is set`)
  }
}

/** The mailbox listens where this service does, and its certificate is for `localhost`. */
function mailboxServer({ MAILBOX_SMTP_PORT }: MailVariables, host: string): MailerConfig['server'] {
  const server = { host: reachable(host), port: MAILBOX_SMTP_PORT, servername: 'localhost' }
  return { ...server, implicitTls: false, auth: undefined }
}

function realServer({ MAIL_HOST = '', MAIL_PORT, MAIL_USER, MAIL_PASS }: MailVariables): MailerConfig['server'] {
  if (MAIL_USER !== undefined && MAIL_PASS === undefined) {
    throw badConfig('MAIL_PASS is not set', "the user's password, as MAIL_USER is set")
  }
  if (MAIL_PASS !== undefined && MAIL_USER === undefined) {
    throw badConfig('MAIL_USER is not set', 'a user name of the mail server, as MAIL_PASS is set')
  }
  const auth = MAIL_USER === undefined || MAIL_PASS === undefined ? undefined : { user: MAIL_USER, pass: MAIL_PASS }
  // 465 is the port of TLS from the first byte (RFC 8314).
  return { host: MAIL_HOST, port: MAIL_PORT, implicitTls: MAIL_PORT === 465, auth }
}

function sender({ MAIL_FROM, MAIL_FROM_NAME, MAIL_USER, MAIL_HOST }: MailVariables): Sender {
  if (MAIL_HOST === undefined) {
    return { address: MAIL_FROM ?? 'no-reply@vestnik.example', name: MAIL_FROM_NAME ?? 'Vestnik' }
  }
  const found = MAIL_FROM ?? MAIL_USER
  if (found === undefined || normaliseEmail(found) === undefined) {
    const why = MAIL_USER === undefined ? 'MAIL_USER is not set either' : 'MAIL_USER is none'
    throw badConfig('MAIL_FROM is not set', `one e-mail address, as ${why}`)
  }
  return { address: found, name: MAIL_FROM_NAME ?? '' }
}

async function readCertificates(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8')
    // Node takes what is no certificate for none at all, without a word.
    new X509Certificate(text)
    return text
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const allowed = 'the path of a PEM file with certificates'
    throw new BusError('BAD_CONFIG', `MAIL_CA is ${JSON.stringify(file)}: it must be ${allowed}; ${why}`, { cause })
  }
}

const badConfig = (found: string, allowed: string): BusError =>
  new BusError('BAD_CONFIG', `${found}: it must be ${allowed}`)
