/** What becomes of a letter in an effect: sent, tried again, refused for good, or uncertain; each is counted. */
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { type EffectContext, permanent, uncertain } from '@vestnik/bus'
import type { Letter } from './domain/letters.ts'
import { composeMail, type Sender } from './mail.ts'
import { MailError } from './mail-error.ts'
import type { Smtp } from './smtp.ts'

export interface Letters {
  readonly to: string
  readonly letter: Letter
  /** No mail leaves at or after this time: milliseconds since 1970. */
  readonly expires?: number
  /** What stands in the letter and in no error. */
  readonly secret?: string
}

/**
 * Sends one letter under the effect's claim. It throws what the bus decides by: `PERMANENT` for what the server will
 * never take and for what had expired before, `UNCERTAIN` when the server may have taken it, else an error to try again
 * after, if there is life left.
 */
export type Post = (letters: Letters, context: EffectContext) => Promise<void>

export function createPost({ from, smtp, now }: { from: Sender; smtp: Smtp; now: () => number }): Post {
  const attempts = metrics
    .getMeter('vestnik-mailer')
    .createCounter('vestnik.mail.attempts', { description: 'Mails by what became of an attempt to send them.' })

  return async ({ to, letter, expires, secret = '' }, { idempotencyKey, signal, message }) => {
    const count = (outcome: string) => attempts.add(1, { 'messaging.destination.name': message.topic, outcome })
    const isOver = () => expires !== undefined && expires <= now()
    const check = () => {
      if (signal.aborted) throw new Error('send a mail: given up, as its claim ended')
      // No permanent error: the bus sees that its life is over, and buries it as expired.
      if (isOver()) throw new Error('send a code: it expired before it could be sent')
    }
    try {
      // What has expired comes here by force only, and would come again and again.
      if (isOver()) throw permanent('send a code: it has expired, and is not sent even by force')
      check()
      const mail = await composeMail({ from, to, letter, idempotencyKey, time: message.time })
      await inSpan(smtp.health().name ?? '', () => smtp.send(mail, check, signal))
      count('sent')
    } catch (error) {
      count(error instanceof MailError ? outcomeNames[error.outcome] : 'failed')
      throw error instanceof MailError ? tellBus(error, secret) : error
    }
  }
}

/** The last step of the trace that began with somebody's request. Nothing of the mail is in it. */
async function inSpan(server: string, work: () => Promise<void>): Promise<void> {
  const options = { kind: SpanKind.CLIENT, attributes: { 'server.address': server } }
  await trace.getTracer('vestnik-mailer').startActiveSpan('send mail', options, async (span) => {
    try {
      await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof MailError ? error.outcome : 'stopped' })
      throw error
    } finally {
      span.end()
    }
  })
}

const outcomeNames = { refused: 'failed', 'not sent': 'retried', uncertain: 'uncertain' } as const

function tellBus({ outcome, message }: MailError, secret: string): Error {
  const why = secret === '' ? message : message.replaceAll(secret, '******')
  if (outcome === 'refused') return permanent(why)
  return outcome === 'uncertain' ? uncertain(why) : new MailError(outcome, why)
}
