/** A real SMTP server for tests: it keeps what it accepts, and does what the test asks for at each step. */
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'
import { type Certificate, makeCertificate } from './certificates.fixture.ts'

export interface AcceptedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
  /** Which connection brought it. */
  readonly session: string
  readonly secure: boolean
}

export interface TestServer {
  readonly port: number
  readonly certificate: Certificate
  /** In the order in which they were taken. */
  readonly mails: readonly AcceptedMail[]
  /** Connections that were opened since the start. */
  readonly connections: number
  /** Resolves when so many mails were taken. */
  taken(count: number): Promise<void>
  /** Breaks every connection, as a server that dies does. */
  cut(): void
  /** Cuts, and lets the port go. */
  stop(): Promise<void>
}

export interface TestServerOptions extends SMTPServerOptions {
  readonly certificate?: Certificate
  /** @default a free one */
  readonly port?: number
  /** Asked when the whole mail is there: an error with `responseCode` refuses it, `false` answers nothing. */
  readonly judge?: (mail: AcceptedMail, nth: number) => Promise<Error | boolean> | Error | boolean
}

/** It is stopped after the test. */
export async function startServer(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  const { certificate = await makeCertificate(), port = 0, judge = () => true, ...rest } = options
  const mails: AcceptedMail[] = []
  const sockets = new Set<Socket>()
  const waiting = new Set<() => void>()
  let connections = 0
  let asked = 0
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 10,
    ...certificate,
    onData(stream, session, answer) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        const mail = mailOf(session, Buffer.concat(chunks))
        asked += 1
        const verdict = await judge(mail, asked)
        if (verdict === false) return
        if (verdict === true) mails.push(mail)
        answer(verdict === true ? null : verdict)
        for (const wake of waiting) wake()
      })
    },
    ...rest,
  })
  server.on('error', () => {})
  server.server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const stop = async () => {
    // The socket beneath TLS from the first byte is not ours to destroy.
    if (rest.secure !== true) cut()
    await new Promise<void>((resolve) => server.close(resolve))
  }
  t.after(stop)
  return {
    port: (server.server.address() as AddressInfo).port,
    certificate,
    mails,
    get connections() {
      return connections
    },
    async taken(count) {
      while (mails.length < count) await new Promise<void>((resolve) => waiting.add(resolve))
    },
    cut,
    stop,
  }
}

/** An answer other than yes. */
export function answer(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

function mailOf({ envelope, id, secure }: SMTPServerSession, bytes: Buffer): AcceptedMail {
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
    bytes,
    session: id,
    secure,
  }
}
