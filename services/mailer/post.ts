/** What becomes of a letter in an effect: sent, tried again, refused for good, or uncertain; each is counted. */
import { metrics } from '@opentelemetry/api'
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
 * never take and for what has expired, `UNCERTAIN` when the server may have taken it, else an error to try again after.
 */
export type Post = (letters: Letters, context: EffectContext) => Promise<void>

export function createPost({ from, smtp, now }: { from: Sender; smtp: Smtp; now: () => number }): Post {
  const attempts = metrics
    .getMeter('vestnik-mailer')
    .createCounter('vestnik.mail.attempts', { description: 'Mails by what became of an attempt to send them.' })

  return async ({ to, letter, expires, secret = '' }, { idempotencyKey, signal, message }) => {
    const count = (outcome: string) => attempts.add(1, { 'messaging.destination.name': message.topic, outcome })
    const check = () => {
      if (signal.aborted) throw new Error('send a mail: given up, as its claim ended')
      if (expires !== undefined && expires <= now()) throw permanent('send a code: it expired before it could be sent')
    }
    try {
      check()
      await smtp.send(await composeMail({ from, to, letter, idempotencyKey, time: message.time }), check, signal)
      count('sent')
    } catch (error) {
      const outcome = error instanceof MailError ? error.outcome : 'stopped'
      count(outcomeNames[outcome])
      if (!(error instanceof MailError)) throw error
      const why = secret === '' ? error.message : error.message.replaceAll(secret, '******')
      if (outcome === 'refused') throw permanent(why)
      if (outcome === 'uncertain') throw uncertain(why)
      throw new MailError(outcome, why)
    }
  }
}

const outcomeNames = { refused: 'failed', 'not sent': 'retried', uncertain: 'uncertain', stopped: 'failed' } as const
