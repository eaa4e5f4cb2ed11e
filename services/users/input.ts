/** What the routes of the users service accept. */
import { z } from 'zod'
import type { SignUp } from './domain/account.ts'
import { normaliseEmail } from './domain/email.ts'
import type { SignIn } from './use-cases/sign-in.ts'

const email = z
  .string()
  .max(254, 'It may have at most 254 characters')
  .transform((found, context) => {
    const normal = normaliseEmail(found)
    if (normal !== undefined) return normal
    context.addIssue({ code: 'custom', message: 'It must be an e-mail address' })
    return z.NEVER
  })

/** Bounds the work; which passwords may be chosen is the domain's to say. */
const password = z.string().min(1, 'It must not be empty').max(1024, 'It is too long')

const name = z
  .string()
  .trim()
  .min(1, 'It must not be empty')
  .max(100, 'It may have at most 100 characters')
  .refine((found) => found.isWellFormed() && !/\p{Cc}/u.test(found), 'It must not have control characters')

export const signUpBody: z.ZodType<SignUp> = z.strictObject({ email, password, name: name.optional() })

export const signInBody: z.ZodType<SignIn> = z.strictObject({ email, password })
