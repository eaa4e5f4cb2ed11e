/** Mails one code: opened in memory only, and never after its time. */
import { type EffectHandler, effect } from '@vestnik/bus'
import type { OpenCode } from '@vestnik/codes'
import { codeLifeMs, mailSendCode } from '@vestnik/contracts'
import { codeLetter } from '../domain/letters.ts'
import type { Post } from '../post.ts'

export function sendCode(open: OpenCode, post: Post, claimMs: number): EffectHandler {
  return effect(
    mailSendCode,
    'mail-group',
    async ({ email, code }, context) => {
      const digits = await open(code, email)
      const expires = context.message.time + codeLifeMs
      await post({ to: email, letter: codeLetter(digits), expires, secret: digits }, context)
    },
    { claimMs },
  )
}
