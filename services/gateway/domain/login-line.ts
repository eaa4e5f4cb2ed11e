/** The line that is printed for a sign-in. People and programs read it: it never changes. */
import type { UserLoggedIn } from '@vestnik/contracts'

export function loginLine({ userId, timestamp }: UserLoggedIn): string {
  return `User logged in with information: ${JSON.stringify({ userId, timestamp })}`
}
