/** Fields that several calls have. */
import { normaliseEmail } from '@vestnik/contracts'
import type { Page } from '@vestnik/service/paging'
import { z } from 'zod'

/** One address, read into the one form under which an account is kept. */
export const email: z.ZodType<string> = z
  .string()
  .max(254, 'It may have at most 254 characters')
  .transform((found, context) => {
    const normal = normaliseEmail(found)
    if (normal !== undefined) return normal
    context.addIssue({ code: 'custom', message: 'It must be an e-mail address' })
    return z.NEVER
  })
  .meta({ format: 'email', examples: ['anna@example.com'] })

/** Bounds the work; which passwords may be chosen is for the users service to say. */
export const password: z.ZodType<string> = z
  .string()
  .min(1, 'It must not be empty')
  .max(1024, 'It is too long')
  .meta({ format: 'password', examples: ['correct horse battery staple'] })

export const code: z.ZodType<string> = z
  .string()
  .regex(/^[0-9]{6}$/, 'It must be six digits')
  .meta({ examples: ['123456'] })

export const id: z.ZodType<number> = z
  .int()
  .positive()
  .meta({ examples: [1] })

/** ISO 8601 in UTC with milliseconds. */
export const time: z.ZodType<string> = z.iso.datetime().meta({ examples: ['2026-01-17T15:32:26.486Z'] })

/** An id in a path. */
export const pathId: z.ZodType<{ readonly id: number }> = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/, 'It must be a positive whole number')
    .transform(Number)
    .meta({ type: 'integer', minimum: 1, examples: [1] }),
})

/** What every list answers. */
export function pageOf<Item>(item: z.ZodType<Item>): z.ZodType<Page<Item>> {
  return z.object({
    items: z.array(item).readonly(),
    page: z.int().positive(),
    pageSize: z.int().positive(),
    total: z.int().nonnegative().describe('How many there are on all pages'),
  })
}
