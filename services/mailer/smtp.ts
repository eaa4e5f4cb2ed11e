/** The way out to the mail server: a pool of sessions, what the last of them found, and no secret in what it says. */
import type { PartHealth } from '@vestnik/service'
import type { Mail } from './mail.ts'
import { MailError } from './mail-error.ts'
import { createPool, type PoolLimits } from './smtp-pool.ts'
import { type Deadlines, openSession, type SmtpServer } from './smtp-session.ts'

export interface SmtpOptions extends Deadlines, PoolLimits {}

/** A code is worth ten minutes, and somebody waits for it: shorter than what a mail server would allow another. */
export const standardOptions: SmtpOptions = {
  waitMs: 3_000,
  sessionMs: 8_000,
  envelopeMs: 4_000,
  // The longest: a server that checks a mail before it answers, and is given up, sends it all the same.
  dataMs: 20_000,
  connections: 8,
  mailsEach: 100,
  idleMs: 60_000,
}

/** More than all deadlines of one mail, the second session after a lost connection included. */
export function claimMsOf({ waitMs, sessionMs, envelopeMs, dataMs }: SmtpOptions): number {
  return 2 * (waitMs + envelopeMs) + sessionMs + dataMs + 2_000
}

export interface Smtp {
  /**
   * Resolves when the server has taken the mail; see `Session.send`.
   * @throws MailError
   */
  send(mail: Mail, check: () => void, signal: AbortSignal): Promise<void>
  /** What the last mail found: no connection is opened for it, and no word of an answer to a mail is in it. */
  health(): PartHealth
  close(): void
}

export function createSmtp(
  server: SmtpServer,
  options: SmtpOptions,
  onChange: (health: PartHealth) => void = () => {},
): Smtp {
  const pool = createPool((signal) => openSession(server, options, signal), options)
  const name = `${server.host}:${server.port}`
  const hide = hider(server.auth)
  let health: PartHealth = { name, ready: true }

  return {
    async send(mail, check, signal) {
      try {
        await sendOnce(mail, check, signal, false)
        found(undefined)
      } catch (error) {
        if (!(error instanceof MailError)) throw error
        const { outcome, message, connection, brief } = error
        if (connection !== 'none') found(connection === 'answered' ? undefined : hide(brief))
        throw new MailError(outcome, hide(message), connection)
      }
    },
    health: () => health,
    close: () => pool.close(),
  }

  /** A session that was kept may have been closed by the server meanwhile: that says nothing of the mail. */
  async function sendOnce(mail: Mail, check: () => void, signal: AbortSignal, fresh: boolean): Promise<void> {
    let stale = false
    try {
      await pool.use(signal, fresh, async (session, used) => {
        stale = used.before
        await session.send(mail, check, signal)
      })
    } catch (error) {
      const lost = error instanceof MailError && error.outcome === 'not sent' && error.connection === 'lost'
      if (!lost || !stale || fresh) throw error
      await sendOnce(mail, check, signal, true)
    }
  }

  function found(trouble: string | undefined): void {
    const changed = health.ready === (trouble !== undefined)
    health = trouble === undefined ? { name, ready: true } : { name, ready: false, reason: trouble }
    if (changed) onChange(health)
  }
}

/** A server may quote what it was told. */
function hider(auth: SmtpServer['auth']): (text: string) => string {
  if (auth === undefined) return (text) => text
  const { user, pass } = auth
  const secrets = [pass, base64(pass), base64(`\0${user}\0${pass}`)]
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
