/** Refuses a password that may not be chosen, in the words of the API. */
import { Problem } from '@vestnik/service'
import { refusePassword } from './domain/password.ts'

/** Rejects with Problem 400 that names the field. */
export async function checkPassword(field: string, password: string, email: string): Promise<void> {
  // Read when it is needed first: the list takes a tenth of a second of a start.
  const { commonPasswords } = await import('./domain/common-passwords.ts')
  const reason = refusePassword(password, email, commonPasswords)
  if (reason !== undefined) throw new Problem(400, `${field}: ${reason}`, { errors: [{ field, reason }] })
}
