/** What a person does over HTTP: signs up, signs in, looks at the sign-ins. */
import assert from 'node:assert/strict'

export interface Credentials {
  readonly email: string
  readonly password: string
}

export interface Login {
  readonly userId: number
  readonly timestamp: string
}

export interface LoginPage {
  readonly items: readonly Login[]
  readonly total: number
}

export async function post(url: string, body: object): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
}

/** Answers the new account's id. */
export async function signUp(origin: string, credentials: Credentials): Promise<number> {
  const answer = await post(`${origin}/users`, credentials)
  assert.equal(answer.status, 201)
  return ((await answer.json()) as { id: number }).id
}

/** Answers the access token, or undefined when there was no answer or none but 503. */
export async function trySignIn(origin: string, credentials: Credentials): Promise<string | undefined> {
  const answer = await post(`${origin}/sessions`, credentials).catch(() => undefined)
  if (answer === undefined || answer.status === 503) return undefined
  assert.equal(answer.status, 200, 'right credentials are answered 200, or 503 when something is down')
  const body = (await answer.json().catch(() => undefined)) as { accessToken: string } | undefined
  return body?.accessToken
}

export async function signIn(origin: string, credentials: Credentials): Promise<string> {
  const token = await trySignIn(origin, credentials)
  assert.ok(token, 'signed in')
  return token
}

/** All sign-ins of the token's user, or undefined when something is down. */
export async function tryLogins(origin: string, token: string): Promise<LoginPage | undefined> {
  const items: Login[] = []
  for (let page = 1; ; page += 1) {
    const answer = await fetch(`${origin}/logins?page=${page}&pageSize=100`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined)
    if (answer === undefined || answer.status === 503) return undefined
    assert.equal(answer.status, 200)
    const body = (await answer.json().catch(() => undefined)) as LoginPage | undefined
    if (body === undefined) return undefined
    items.push(...body.items)
    if (body.items.length < 100) return { items, total: body.total }
  }
}

/** The session that a token belongs to. */
export function sessionOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid
}

export const lineOf = (login: Login): string => `User logged in with information: ${JSON.stringify(login)}`
