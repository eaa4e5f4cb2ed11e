/** What a person does with the backend, in steps of several calls: with the mailed codes, and through all pages. */
import { rentals, users } from '@vestnik/api'
import type { Call } from '@vestnik/service/call'
import type { Page, Paging } from '@vestnik/service/paging'
import { ask } from './ask.ts'
import type { Mailbox } from './mailbox.ts'

export interface Backend {
  /** The gateway's address, without a path. */
  readonly url: string
  readonly mailbox: Mailbox
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/** Signs up and confirms the address; answers the user's id. */
export async function signUp({ url, mailbox }: Backend, credentials: Credentials): Promise<number> {
  const { email } = credentials
  const account = await ask(url, users.signUp, { body: credentials })
  const { code } = await mailbox.nextCode(email)
  await ask(url, users.confirmAddress, { body: { email, code } })
  return account.id
}

/** Asks for a film and confirms it; answers the rental's id. */
export async function rent({ url, mailbox }: Backend, email: string, token: string, filmId: number): Promise<number> {
  const { id } = await ask(url, rentals.rentFilm, { params: { id: filmId }, token })
  const { code } = await mailbox.nextCode(email)
  await ask(url, rentals.confirmRental, { params: { id }, body: { code }, token })
  return id
}

/** Every item of a list, from its first page to its last. */
export async function listAll<Query extends Paging, Item>(
  url: string,
  call: Call<{ query: Query; answer: Page<Item> }>,
  token?: string,
): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let page = 1; ; page += 1) {
    const query = { page, pageSize: 100 } as Partial<Query>
    const answer = await ask(url, call, { query, ...(token === undefined ? {} : { token }) })
    items.push(...answer.items)
    if (answer.items.length < 100) return items
  }
}
