/** The users service at a glance: every route. It handles no messages. */
import { sessions, users } from '@vestnik/api'
import { createHttp, type Http, type HttpOptions, serve, verifierOf } from '@vestnik/service'
import { createLocalJWKSet } from 'jose'
import type { Parts } from './parts.ts'
import { createSignIn } from './use-cases/sign-in.ts'
import { createSignUp } from './use-cases/sign-up.ts'

export function createApp(parts: Parts, options: HttpOptions): Http {
  const http = createHttp(options)
  const verify = verifierOf(createLocalJWKSet({ keys: [...parts.keys.published.keys] }))
  const signUp = createSignUp(parts)
  const signIn = createSignIn(parts)

  serve(http, verify, users.signUp, async ({ body }) => signUp(body))
  serve(http, verify, sessions.signIn, async ({ body }) => signIn(body))
  http.get('/.well-known/jwks.json', async () => parts.keys.published)

  return http
}
