/** The mailbox's SMTP: takes any mail for anybody, but only after STARTTLS, as a real server would ask for. */
import type { Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { BusError } from '@vestnik/bus/errors'
import type { Log } from '@vestnik/service'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Envelope } from './mail.ts'
import type { Messages } from './messages.ts'

export interface SmtpOptions {
  readonly messages: Messages
  readonly log: Log
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** Bytes of one mail. @default 10 MiB */
  readonly maxSize?: number
}

export interface Smtp {
  /** Rejects as `net.Server` does. */
  listen(port: number, host: string): Promise<Server>
  /** Ends what is being received within a second. */
  close(): Promise<void>
}

/** @throws BusError `BAD_CONFIG` when the certificate cannot be used */
export function createSmtp({ messages, log, cert, key, maxSize = 10 * 1024 * 1024 }: SmtpOptions): Smtp {
  checkKeys(cert, key)
  const server = new SMTPServer({
    name: 'mailbox',
    banner: 'Vestnik mailbox for development',
    cert,
    key,
    minVersion: 'TLSv1.2',
    size: maxSize,
    rejectOversized: true,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
    disableReverseLookup: true,
    maxClients: 200,
    maxRecipients: 100,
    // A mailer keeps its connections for the next mail.
    socketTimeout: 10 * 60_000,
    closeTimeout: 1000,
    onAuth: ({ username }, _session, answer) => answer(null, { user: username || 'anybody' }),
    onMailFrom: (_address, { secure }, answer) => answer(secure ? null : startTlsFirst),
    onData(stream, session, answer) {
      keep({ messages, log }, stream, session).then(
        (id) => answer(null, `kept as ${id}`),
        () => answer(notKept),
      )
    },
  })
  server.on('error', (error) => {
    // A peer hung up, or does not trust the certificate. What it sent stays out of the log.
    if (server.server.listening) log.info({ code: codeOf(error) }, 'an SMTP connection ended with an error')
  })
  return {
    listen: (port, host) => listening(server, port, host),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const startTlsFirst: Error = Object.assign(new Error('Must issue a STARTTLS command first'), { responseCode: 530 })

/** The sender may try again. */
const notKept: Error = Object.assign(new Error('The mail could not be kept'), { responseCode: 451 })

/** Answers the id. A mail whose connection breaks before its end is not kept. */
async function keep(
  { messages, log }: Pick<SmtpOptions, 'messages' | 'log'>,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    // What is too large is read to its end, and answered 552 by the server.
    if (!stream.sizeExceeded) chunks.push(chunk)
  }
  if (stream.sizeExceeded) return ''
  try {
    return await messages.add(envelopeOf(session), Buffer.concat(chunks))
  } catch (error) {
    log.error({ code: codeOf(error) }, 'a mail could not be kept')
    throw error
  }
}

function envelopeOf({ envelope: { mailFrom, rcptTo }, user }: SMTPServerSession): Envelope {
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    username: typeof user === 'string' ? user : '',
  }
}

function listening(server: SMTPServer, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject)
    const listener = server.listen(port, host, () => {
      server.server.off('error', reject)
      resolve(listener)
    })
  })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** @throws BusError `BAD_CONFIG` */
function checkKeys(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BusError('BAD_CONFIG', `MAILBOX_CERT and MAILBOX_KEY cannot be used together: ${reason}`, {
      cause: error,
    })
  }
}
