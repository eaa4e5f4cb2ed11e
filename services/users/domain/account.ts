/** What an account is to those who ask for it. */
import type { users } from '@vestnik/api'

/** What is answered to a sign-up: the same for a new account and for an address that was taken. */
export function accountOf(id: number, email: string, name: string | undefined): users.Account {
  return { id, email, name: name ?? null, emailConfirmed: false }
}
