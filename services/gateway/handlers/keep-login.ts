/** Keeps one sign-in and prints its line; a second delivery changes nothing. */
import { type OnHandler, on } from '@vestnik/bus'
import { userLoggedIn } from '@vestnik/contracts'
import type { Printer } from '@vestnik/service'
import { loginLine } from '../domain/login-line.ts'
import { addLogin } from '../store/logins.ts'

export function keepLogin(printer: Pick<Printer, 'print'>): OnHandler {
  return on(userLoggedIn, 'gateway', async (login, { tx }) => {
    await addLogin(tx, login)
    await printer.print(tx, loginLine(login))
  })
}
