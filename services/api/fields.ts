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
  .meta({ format: 'email' })

/** Bounds the work; which passwords may be chosen is for the users service to say. */
export const password: z.ZodType<string> = z
  .string()
  .min(1, 'It must not be empty')
  .max(1024, 'It is too long')
  .meta({ format: 'password' })

export const code: z.ZodType<string> = z.string().regex(/^[0-9]{6}$/, 'It must be six digits')

export const id: z.ZodType<number> = z.int().positive()

/** ISO 8601 in UTC with milliseconds. */
export const time: z.ZodType<string> = z.iso.datetime()

/** An id in a path. */
export const pathId: z.ZodType<{ readonly id: number }> = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/, 'It must be a positive whole number')
    .transform(Number),
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
