/** The HTTP API, one file for each thing that is talked about, and who answers which call. */
import type { Call } from '@vestnik/service/call'
import * as films from './films.ts'
import * as logins from './logins.ts'
import * as rentals from './rentals.ts'
import * as sessions from './sessions.ts'
import * as users from './users.ts'

export { films, logins, rentals, sessions, users }

/** By the service that answers: all that the gateway lets through, and what it answers itself. */
export const calls: Readonly<Record<'users' | 'films' | 'gateway', readonly Call[]>> = {
  users: [...Object.values(users), ...Object.values(sessions)] as readonly Call[],
  films: [...Object.values(films), ...Object.values(rentals)] as readonly Call[],
  gateway: Object.values(logins) as readonly Call[],
}
