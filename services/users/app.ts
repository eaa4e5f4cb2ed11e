/** The users service at a glance: every route. It handles no messages yet. */
import { createHttp, type Http, type HttpOptions } from '@vestnik/service'
import { signInBody, signUpBody } from './input.ts'
import type { Parts } from './parts.ts'
import { createSignIn } from './use-cases/sign-in.ts'
import { createSignUp } from './use-cases/sign-up.ts'

export function createApp(parts: Parts, options: HttpOptions): Http {
  const http = createHttp(options)
  const signUp = createSignUp(parts)
  const signIn = createSignIn(parts)

  http.post('/users', { schema: { body: signUpBody } }, async (request, reply) =>
    reply.code(201).send(await signUp(request.body)),
  )
  http.post('/sessions', { schema: { body: signInBody } }, async (request) => signIn(request.body))
  http.get('/.well-known/jwks.json', async () => parts.keys.published)

  return http
}
