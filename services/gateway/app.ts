/** The gateway at a glance: every route, every handler. */
import type { Handler, Store } from '@vestnik/bus'
import {
  createHttp,
  type Http,
  type HttpOptions,
  type Paging,
  type Printer,
  pagingQuery,
  type VerifyToken,
} from '@vestnik/service'
import { keepLogin } from './handlers/keep-login.ts'
import { listLogins } from './store/logins.ts'
import { keepBodies, type Upstream } from './upstream.ts'

export interface GatewayParts {
  readonly store: Store
  readonly verify: VerifyToken
  readonly users: Upstream
}

export function createApp({ store, verify, users }: GatewayParts, options: HttpOptions): Http {
  const http = createHttp(options)

  http.get('/logins', { schema: { querystring: pagingQuery } }, async (request) => {
    const { userId } = await verify(request.headers.authorization)
    const paging: Paging = request.query
    return await store.read((tx) => listLogins(tx, userId, paging))
  })
  http.register(async (behind) => {
    keepBodies(behind as Http)
    for (const path of ['/users', '/users/*', '/sessions', '/sessions/*']) behind.all(path, users.handle)
  })

  return http
}

export function createHandlers(printer: Printer): readonly Handler[] {
  return [keepLogin(printer)]
}
