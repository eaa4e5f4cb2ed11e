/** Lists in pages: what a caller may ask for, and what every list answers. */
import { z } from 'zod'

export interface Paging {
  /** From 1. */
  readonly page: number
  /** From 1 to 100. */
  readonly pageSize: number
}

export interface Page<Item> extends Paging {
  readonly items: readonly Item[]
  /** How many there are on all pages. */
  readonly total: number
}

/** The parameters that every list takes. */
export const pagingShape: { readonly page: z.ZodType<number>; readonly pageSize: z.ZodType<number> } = {
  page: whole(1_000_000, 1),
  pageSize: whole(100, 20),
}

export const pagingQuery: z.ZodType<Paging> = z.strictObject(pagingShape)

function whole(most: number, standard: number): z.ZodType<number> {
  const reason = `It must be a whole number from 1 to ${most}`
  return z
    .string(reason)
    .regex(/^[0-9]{1,7}$/, reason)
    .transform(Number)
    .pipe(z.number().min(1, reason).max(most, reason))
    .default(standard)
    .meta({ type: 'integer', minimum: 1, maximum: most, default: standard })
}
