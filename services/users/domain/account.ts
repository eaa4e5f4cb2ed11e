/** What an account is to those who ask for it. */

export interface Account {
  /** A positive integer. */
  readonly id: number
  readonly email: string
  readonly name: string | null
  readonly emailConfirmed: boolean
}

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly name?: string | undefined
}

/** What is answered to a sign-up: the same for a new account and for an address that was taken. */
export function accountOf(id: number, email: string, name: string | undefined): Account {
  return { id, email, name: name ?? null, emailConfirmed: false }
}
