/** An e-mail address: exactly one, in the one form under which an account is kept. */
import { z } from 'zod'

const local = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The address in lower case, or `undefined` when it is not one address of a mail server on the internet (RFC 5321
 * without quoted names, comments and address literals; its limits of 64 and 254 characters).
 */
export function normaliseEmail(found: string): string | undefined {
  // Before letters become small ones: the Kelvin sign would become a k, and another domain's address this one.
  if (!/^[!-~]*$/.test(found)) return undefined
  const email = found.toLowerCase()
  const at = email.indexOf('@')
  const name = email.slice(0, at)
  const domain = email.slice(at + 1).split('.')
  if (at < 1 || at > 64 || email.length > 254 || !local.test(name)) return undefined
  if (domain.length < 2 || !domain.every((part) => label.test(part))) return undefined
  return /^[0-9]+$/.test(domain.at(-1) ?? '') ? undefined : email
}

/** An address as it was given, in whatever case. */
export const emailAddress: z.ZodType<string> = z
  .string()
  .refine((found) => normaliseEmail(found) !== undefined, 'It must be one e-mail address')
