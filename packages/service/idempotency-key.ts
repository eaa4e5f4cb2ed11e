/** The header by which a client says that two requests are one. */
import { z } from 'zod'
import { badInput } from './problem.ts'

const reason = 'It must be 1 to 255 visible ASCII characters'

export const idempotencyKey: z.ZodType<string> = z
  .string()
  .regex(/^[!-~]{1,255}$/, reason)
  .meta({ examples: ['3f1c9a52-6f0e-4a58-9d1b-0c5a7a1e2b44'] })

/** @throws Problem 400 that names the header */
export function readIdempotencyKey(found: string | string[] | undefined): string | undefined {
  const read = z.object({ 'Idempotency-Key': idempotencyKey.optional() }).safeParse({ 'Idempotency-Key': found })
  if (read.success) return read.data['Idempotency-Key']
  throw badInput(read.error, 'headers')
}
