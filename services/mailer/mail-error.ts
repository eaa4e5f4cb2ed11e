/** Why a mail was not accepted, and whether that is known. Messages quote the server's reply, never the body of the mail. */
import type { Mail } from './mail.ts'

/**
 * - `refused`: the server will never take this mail.
 * - `not sent`: certainly not accepted, but it may be later.
 * - `uncertain`: all of it was handed over, and no answer came: it may have been accepted.
 */
export type MailOutcome = 'refused' | 'not sent' | 'uncertain'

export class MailError extends Error {
  readonly outcome: MailOutcome
  /**
   * `answered`: by a reply that leaves the session usable. `lost`: the connection ended by itself. `none`: there was no
   * session to be had, which says nothing of the server.
   */
  readonly connection: 'answered' | 'lost' | 'unusable' | 'none'
  /** The message without what the server said to a mail: of that only the code. */
  readonly brief: string

  constructor(
    outcome: MailOutcome,
    message: string,
    connection: MailError['connection'] = 'unusable',
    brief: string = message,
  ) {
    super(message)
    this.name = 'MailError'
    this.outcome = outcome
    this.connection = connection
    this.brief = brief
  }
}

/** What nodemailer tells of an error. Its own message is used for connections only: others may quote commands. */
interface Facts {
  readonly code: string
  readonly responseCode: number
  readonly response: string
  readonly message: string
}

/** A reply that says nothing of the mail, but of the session: another session may do better. */
const sessionReplies = [421, 503, 530]

/** `handedOver`: the end of the mail was written, so that only a clear reply says what became of it. */
export function mailErrorOf(error: unknown, what: string, mail: Mail, handedOver: boolean): MailError {
  if (error instanceof MailError) return handedOver ? new MailError('uncertain', error.message) : error
  const found = factsOf(error)
  const facts = { ...found, response: withoutBody(found.response, mail) }
  const reason = reasonOf(facts)
  const brief = `${what}: ${facts.response === '' ? reason : `the server answered ${facts.responseCode || 'without a code'}`}`
  const answered = facts.code === 'EENVELOPE' || facts.code === 'EMESSAGE'
  if (answered && facts.responseCode >= 400 && facts.responseCode <= 599) {
    const ofSession = sessionReplies.includes(facts.responseCode)
    const outcome = facts.responseCode >= 500 && !ofSession ? 'refused' : 'not sent'
    return new MailError(outcome, `${what}: ${reason}`, ofSession ? 'unusable' : 'answered', brief)
  }
  const known = handedOver ? `${what}: the whole mail was handed over` : what
  const connection = !handedOver && lostCodes.includes(facts.code) ? 'lost' : 'unusable'
  return new MailError(handedOver ? 'uncertain' : 'not sent', `${known}: ${reason}`, connection, brief)
}

/** Why a session could not be opened: in no case was anything of a mail sent. */
export function sessionErrorOf(error: unknown, what: string): MailError {
  if (error instanceof MailError) return error
  return new MailError('not sent', `${what}: ${reasonOf(factsOf(error))}`)
}

const lostCodes: readonly string[] = ['ECONNECTION', 'ESOCKET']

/** A server may quote the mail, whose lines are in Base64: there nobody would find a code to hide. */
function withoutBody(text: string, { bytes }: Mail): string {
  const mail = Buffer.from(bytes).toString('latin1')
  const body = mail.slice(mail.indexOf('\r\n\r\n'))
  return text.replace(/[a-z0-9+/=]{8,}/gi, (run) => (body.includes(run) ? '***' : run))
}

/** With a reply the message would repeat it, and may quote what was asked. */
function reasonOf({ message, response, code }: Facts): string {
  if (response !== '') return `the server answered ${shown(response)}${code === 'EAUTH' ? ' to the sign-in' : ''}`
  // OpenSSL's own form: place and numbers around the reason.
  const tls = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1]
  return tls === undefined ? shown(message === '' ? code : message) : `TLS: ${tls}`
}

/** One line, of a bounded length, without control characters. */
function shown(text: string): string {
  return text
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 300)
}

function factsOf(error: unknown): Facts {
  const { code, responseCode, response } = error as Partial<Record<keyof Facts, unknown>>
  return {
    code: typeof code === 'string' ? code : '',
    responseCode: typeof responseCode === 'number' ? responseCode : 0,
    response: typeof response === 'string' ? response : '',
    message: error instanceof Error ? error.message : 'an unknown error',
  }
}
