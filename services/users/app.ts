/** The users service at a glance: every route. It handles no messages. */
import { sessions, users } from '@vestnik/api'
import { createHttp, type Http, type HttpOptions, limitRequests, serve, sourceOf, verifierOf } from '@vestnik/service'
import { createLocalJWKSet } from 'jose'
import type { Parts } from './parts.ts'
import { createConfirmAddress, createResend } from './use-cases/confirm-address.ts'
import { createOwnAccount, createRefresh, createSignOut } from './use-cases/keep-session.ts'
import { createAskReset, createConfirmReset } from './use-cases/reset-password.ts'
import { createSignIn } from './use-cases/sign-in.ts'
import { createSignUp } from './use-cases/sign-up.ts'

export function createApp(parts: Parts, options: HttpOptions): Http {
  const http = createHttp(options)
  const verify = verifierOf(createLocalJWKSet({ keys: [...parts.keys.published.keys] }))
  limitRequests(http, parts.limits.requests)

  const signUp = createSignUp(parts)
  const confirmAddress = createConfirmAddress(parts)
  const resend = createResend(parts)
  const ownAccount = createOwnAccount(parts)
  serve(http, verify, users.signUp, ({ body, request }) => signUp(body, sourceOf(request.ip)))
  serve(http, verify, users.confirmAddress, ({ body, request }) => confirmAddress(body, sourceOf(request.ip)))
  serve(http, verify, users.resendConfirmation, ({ body, request }) => resend(body, sourceOf(request.ip)))
  serve(http, verify, users.ownAccount, ({ caller }) => ownAccount(caller))

  const signIn = createSignIn(parts)
  const refresh = createRefresh(parts)
  const signOut = createSignOut(parts)
  serve(http, verify, sessions.signIn, ({ body, request }) => signIn(body, sourceOf(request.ip)))
  serve(http, verify, sessions.refreshSession, ({ body }) => refresh(body))
  serve(http, verify, sessions.signOut, ({ caller }) => signOut(caller))

  const askReset = createAskReset(parts)
  const confirmReset = createConfirmReset(parts)
  serve(http, verify, users.askPasswordReset, ({ body, request }) => askReset(body, sourceOf(request.ip)))
  serve(http, verify, users.confirmPasswordReset, ({ body, request }) => confirmReset(body, sourceOf(request.ip)))

  http.get('/.well-known/jwks.json', async () => parts.keys.published)
  return http
}
