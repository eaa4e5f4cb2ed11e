/** The HTTP API, one file for each thing that is talked about, and who answers which call. */
import type { Call, Chapter } from '@vestnik/service/call'
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

/** All calls by what they are about and by name, in the order in which a newcomer meets them. */
export const chapters: Readonly<Record<string, Chapter>> = {
  users: {
    about: 'Accounts: signing up, confirming the address, setting a new password.',
    calls: inOrder(
      users,
      'signUp',
      'confirmAddress',
      'resendConfirmation',
      'ownAccount',
      'askPasswordReset',
      'confirmPasswordReset',
    ),
  },
  sessions: {
    about: 'Signing in, staying signed in, signing out.',
    calls: inOrder(sessions, 'signIn', 'refreshSession', 'signOut'),
  },
  films: { about: 'The catalogue.', calls: inOrder(films, 'listFilms', 'oneFilm') },
  rentals: {
    about: 'Asked for, confirmed by a mailed code, active until a date.',
    calls: inOrder(rentals, 'rentFilm', 'confirmRental', 'listRentals'),
  },
  logins: { about: 'The sign-ins that the gateway received.', calls: inOrder(logins, 'listLogins') },
}

function inOrder<Name extends string>(
  of: Readonly<Record<Name, unknown>>,
  ...names: readonly Name[]
): Readonly<Record<string, Call>> {
  return Object.fromEntries(names.map((name) => [name, of[name] as Call]))
}
