/** One session with a mail server: opened by TLS with a verified certificate or not at all, with a deadline on each step. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import type { SecureContext } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Mail } from './mail.ts'
import { MailError, mailErrorOf, sessionErrorOf } from './mail-error.ts'
import { within } from './within.ts'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** The name in its certificate. @default host */
  readonly servername?: string
  /** TLS from the first byte, as on port 465; else STARTTLS before anything else. */
  readonly implicitTls: boolean
  readonly auth: { readonly user: string; readonly pass: string } | undefined
  /** Which certificates and versions of TLS are good. */
  readonly secureContext: SecureContext
}

export interface Deadlines {
  /** From connecting to the end of signing in. */
  readonly sessionMs: number
  /** From the sender's address to the server's call for the mail. */
  readonly envelopeMs: number
  /** From there to the answer to the whole mail. */
  readonly dataMs: number
}

export interface Session {
  /** False when it cannot be used again. */
  readonly open: boolean
  /**
   * Resolves when the server has taken the mail. `check` is called when the server asks for it, just before the first
   * byte: what it throws ends the session, and nothing was sent.
   * @throws MailError
   */
  send(mail: Mail, check: () => void, signal: AbortSignal): Promise<void>
  close(): void
}

/** @throws MailError `not sent` */
export async function openSession(server: SmtpServer, deadlines: Deadlines, signal: AbortSignal): Promise<Session> {
  const what = `open a session with ${server.host}:${server.port}`
  const socket = connect({ host: server.host, port: server.port })
  const opening = { connection: undefined as SMTPConnection | undefined }
  try {
    return await within(deadlines.sessionMs, what, signal, open())
  } catch (error) {
    // Never the socket beneath TLS: that is the connection's to close.
    if (opening.connection) opening.connection.close()
    else socket.destroy()
    throw sessionErrorOf(error, what)
  }

  async function open(): Promise<Session> {
    await once(socket, 'connect')
    const connection = new SMTPConnection(optionsOf(server, deadlines, socket))
    opening.connection = connection
    await greeted(connection)
    if (!connection.secure) throw new MailError('not sent', `${what}: it is not secured by TLS`)
    if (server.auth) await signIn(connection, server.auth, what)
    return sessionOn(connection, deadlines, `send a mail by ${server.host}:${server.port}`)
  }
}

function optionsOf(
  { host, port, servername, implicitTls, secureContext }: SmtpServer,
  { sessionMs, dataMs }: Deadlines,
  connection: ReturnType<typeof connect>,
): ConstructorParameters<typeof SMTPConnection>[0] {
  return {
    host,
    port,
    connection,
    ...(servername !== undefined && { servername }),
    secure: implicitTls,
    requireTLS: !implicitTls,
    // Said here so that no variable of Node's can turn it off.
    tls: { secureContext, rejectUnauthorized: true },
    // Only where nobody waits: the deadlines of the steps are shorter, and say which one it was.
    connectionTimeout: 2 * sessionMs,
    greetingTimeout: 2 * sessionMs,
    socketTimeout: 10 * dataMs,
    maxResponseSize: 16 * 1024,
    logger: false,
  }
}

/** An error of the connection that nobody waits for is no error of the process: the listeners stay. */
function greeted(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject)
    connection.on('end', () => reject(new Error('the server closed the connection')))
    connection.connect((error) => (error ? reject(error) : resolve()))
  })
}

function signIn(
  connection: SMTPConnection,
  { user, pass }: { readonly user: string; readonly pass: string },
  what: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject)
    connection.once('end', () => reject(new Error('the server closed the connection at the sign-in')))
    if (!connection.allowsAuth) reject(new MailError('not sent', `${what}: it offers no sign-in`))
    else connection.login({ credentials: { user, pass } }, (error) => (error ? reject(error) : resolve()))
  })
}

function sessionOn(connection: SMTPConnection, { envelopeMs, dataMs }: Deadlines, what: string): Session {
  let open = true
  connection.on('end', () => {
    open = false
  })

  return {
    get open() {
      return open
    },
    async send(mail, check, signal) {
      const asked = Promise.withResolvers<void>()
      let handedOver = false
      let stopped: unknown
      // Read from when the server has asked for the mail; its end is followed by the final dot, and by nothing else.
      async function* body(): AsyncGenerator<Uint8Array> {
        try {
          check()
        } catch (error) {
          stopped = error
          throw error
        }
        asked.resolve()
        yield mail.bytes
        handedOver = true
      }
      const answered = deliver(connection, mail, Readable.from(body(), { objectMode: false }))
      try {
        await within(envelopeMs, what, signal, Promise.race([asked.promise, answered]))
        await within(dataMs, what, signal, answered)
        if (!handedOver) throw new MailError('not sent', `${what}: the server answered before the end of the mail`)
      } catch (error) {
        const failure = mailErrorOf(error, what, mail, handedOver)
        if (failure.connection === 'answered') await reset(signal)
        else close()
        throw stopped ?? failure
      }
    },
    close,
  }

  /** A refused mail ends no session. */
  async function reset(signal: AbortSignal): Promise<void> {
    const done = new Promise<void>((resolve, reject) =>
      connection.reset((error) => (error ? reject(error) : resolve())),
    )
    await within(envelopeMs, what, signal, done).catch(close)
  }

  function close(): void {
    open = false
    connection.close()
  }
}

function deliver(connection: SMTPConnection, { from, to }: Mail, body: Readable): Promise<void> {
  const sent = new Promise<void>((resolve, reject) =>
    connection.send({ from, to: [to] }, body, (error) => (error ? reject(error) : resolve())),
  )
  // Whoever gave up at a deadline does not wait for it.
  sent.catch(() => {})
  return sent
}
