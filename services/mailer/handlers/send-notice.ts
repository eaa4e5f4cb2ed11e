/** Tells the owner of an address what happened to their account. */
import { type EffectHandler, effect } from '@vestnik/bus'
import { mailSendNotice } from '@vestnik/contracts'
import { noticeLetter } from '../domain/letters.ts'
import type { Post } from '../post.ts'

export function sendNotice(post: Post, claimMs: number): EffectHandler {
  return effect(
    mailSendNotice,
    'mail-group',
    async ({ email, kind }, context) => {
      await post({ to: email, letter: noticeLetter(kind) }, context)
    },
    { claimMs },
  )
}
