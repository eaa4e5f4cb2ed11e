/** The gateway at a glance: every route, every handler. */
import { calls, logins } from '@vestnik/api'
import type { Handler, Store } from '@vestnik/bus'
import {
  createHttp,
  type Http,
  type HttpOptions,
  type PageFile,
  type Printer,
  serve,
  servePage,
  type VerifyToken,
} from '@vestnik/service'
import { keepLogin } from './handlers/keep-login.ts'
import type { Limits } from './limits.ts'
import { document } from './openapi.ts'
import { passOn } from './pass-on.ts'
import { listLogins } from './store/logins.ts'
import type { Upstream } from './upstream.ts'

export interface GatewayParts {
  readonly store: Store
  readonly verify: VerifyToken
  readonly users: Upstream
  readonly films: Upstream
  readonly limits: Limits
  /** The files of /docs. */
  readonly page: readonly PageFile[]
}

export function createApp({ store, verify, users, films, limits, page }: GatewayParts, options: HttpOptions): Http {
  const http = createHttp(options)
  limits.addTo(http)

  http.get('/openapi.json', async () => document)
  servePage(http, '/docs', page)
  serve(http, verify, logins.listLogins, ({ caller, query }) =>
    store.read((tx) => listLogins(tx, caller.userId, query)),
  )
  passOn(http, calls.users, users, verify)
  passOn(http, calls.films, films, verify)

  return http
}

export function createHandlers(printer: Printer): readonly Handler[] {
  return [keepLogin(printer)]
}
