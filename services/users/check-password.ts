/** Refuses a password that may not be chosen, in the words of the API. */
import { Problem } from '@vestnik/service'
import { refusePassword } from './domain/password.ts'

/** @throws Problem 400 that names the field */
export function checkPassword(field: string, password: string, email: string): void {
  const reason = refusePassword(password, email)
  if (reason !== undefined) throw new Problem(400, `${field}: ${reason}`, { errors: [{ field, reason }] })
}
