/** Every route that takes something, with input that is good but for what a case changes. */
import { type Facts, type RequestOptions, request, type Sent } from './row.ts'

export interface BodyRoute {
  readonly path: string
  readonly body: Readonly<Record<string, string>>
  readonly token?: string
}

const code = '000000'
const password = 'correct horse battery'

/** All calls with a body. */
export function bodyRoutes({ anna }: Facts): readonly BodyRoute[] {
  const { email } = anna
  return [
    { path: '/users', body: { email: 'eve@example.org', password } },
    { path: '/users/confirmations', body: { email, code } },
    { path: '/users/confirmations/resend', body: { email } },
    { path: '/sessions', body: { email, password } },
    { path: '/sessions/refresh', body: { refreshToken: 'A'.repeat(43) } },
    { path: '/password-resets', body: { email } },
    { path: '/password-resets/confirm', body: { email, code, newPassword: password } },
    { path: `/rentals/${anna.rentalId}/confirmation`, body: { code }, token: anna.token },
  ]
}

/** The same to each of them. */
export function toEach(facts: Facts, change: (route: BodyRoute) => RequestOptions): readonly Sent[] {
  return bodyRoutes(facts).map((route) => {
    const { path, token } = route
    return request('POST', path, { ...(token === undefined ? {} : { token }), ...change(route) })
  })
}

/** Each field of each of them once, as `change` has it; those that it names only. */
export function eachField(
  facts: Facts,
  change: (found: string, field: string) => unknown,
  fields: readonly string[] = ['email', 'code', 'password', 'newPassword', 'refreshToken'],
): readonly Sent[] {
  return bodyRoutes(facts).flatMap(({ path, body, token }) =>
    Object.entries(body)
      .filter(([field]) => fields.includes(field))
      .map(([field, found]) =>
        request('POST', path, {
          ...(token === undefined ? {} : { token }),
          body: { ...body, [field]: change(found, field) },
          field,
        }),
      ),
  )
}

/** All calls for somebody who is signed in, at the gateway and at the services behind it. */
export function guardedRoutes({ anna }: Facts, options: RequestOptions): readonly Sent[] {
  const ofUsers = [
    ['GET', '/users/me'],
    ['DELETE', '/sessions/current'],
  ] as const
  const ofFilms = [
    ['GET', '/rentals'],
    ['POST', '/films/46/rentals'],
    ['POST', `/rentals/${anna.rentalId}/confirmation`],
  ] as const
  const ask = (to: 'gateway' | 'users' | 'films') => {
    return ([method, path]: readonly [string, string]) =>
      request(method, path, { to, ...options, ...(path.endsWith('/confirmation') ? { body: { code } } : {}) })
  }
  return [
    ...[...ofUsers, ...ofFilms, ['GET', '/logins'] as const].map(ask('gateway')),
    ...ofUsers.map(ask('users')),
    ...ofFilms.map(ask('films')),
  ]
}
