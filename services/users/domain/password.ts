/** Which passwords may be chosen: long enough, not among the first that anybody would try. No composition rules. */

export const passwordLength = { least: 8, most: 256 } as const

/** Why the password is refused, as the end of "password: …", or `undefined` when it may be used. Common ones are in lower case. */
export function refusePassword(password: string, email: string, common: ReadonlySet<string>): string | undefined {
  const { least, most } = passwordLength
  if (!password.isWellFormed()) return 'It is not Unicode'
  // What is hashed is the canonical form: what is common there is common, however it was typed.
  const canonical = canonicalPassword(password)
  const length = Math.min([...password].length, [...canonical].length)
  if (length < least) return `It must have at least ${least} characters`
  if ([...password].length > most) return `It may have at most ${most} characters`
  const plain = canonical.toLowerCase()
  if (common.has(plain) || isMonotonous(plain)) return 'It is among the first that anybody would try'
  if (plain === email || plain === email.slice(0, email.indexOf('@'))) return 'It must not be the e-mail address'
  return undefined
}

/** The form in which a password is hashed, so that two keyboards' ways to type one text agree (NIST SP 800-63B: NFKC). */
export const canonicalPassword = (password: string): string => password.normalize('NFKC')

/** `aaaaaaaa`, `abababab`: one or two characters over and over. */
const isMonotonous = (plain: string): boolean => new Set(plain).size <= 2
