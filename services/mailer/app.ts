/** The mailer at a glance: no route but its health, and every handler. */
import type { EffectHandler } from '@vestnik/bus'
import type { OpenCode } from '@vestnik/codes'
import type { HttpOptions } from '@vestnik/service'
import { sendCode } from './handlers/send-code.ts'
import { sendNotice } from './handlers/send-notice.ts'
import type { Sender } from './mail.ts'
import { createPost } from './post.ts'
import { claimMsOf, type Smtp, type SmtpOptions } from './smtp.ts'

export interface MailerParts {
  readonly open: OpenCode
  readonly smtp: Smtp
  readonly from: Sender
  readonly options: SmtpOptions
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function createHandlers({ open, smtp, from, options, now }: MailerParts): readonly EffectHandler[] {
  const post = createPost({ from, smtp, now })
  const claimMs = claimMsOf(options)
  return [sendCode(open, post, claimMs), sendNotice(post, claimMs)]
}

/** The mail server is reported, as the broker is: without it the mailer keeps what it is asked to send. */
export function withSmtp(health: HttpOptions['health'], smtp: Smtp): HttpOptions['health'] {
  return async () => {
    const { judged, reported } = await health()
    return { judged, reported: { ...reported, smtp: smtp.health() } }
  }
}
