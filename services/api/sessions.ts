/** Sessions: signing in, staying signed in, signing out. The users service answers. */
import { type Call, call } from '@vestnik/service/call'
import { z } from 'zod'
import { email, password } from './fields.ts'

export interface SignIn {
  readonly email: string
  readonly password: string
}

export interface SignedIn {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Life of the access token, in seconds. */
  readonly expiresIn: number
}

const signedIn: z.ZodType<SignedIn> = z
  .object({
    accessToken: z.string().describe('A JWT, for the header Authorization: Bearer …'),
    refreshToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z
      .int()
      .positive()
      .describe('Life of the access token, in seconds')
      .meta({ examples: [900] }),
  })
  .meta({ id: 'SignedIn' })

export const signIn: Call<{ body: SignIn; answer: SignedIn }> = call('POST', '/sessions', {
  summary: 'Sign in',
  description: 'Needs a confirmed address. A wrong password, an unknown and an unconfirmed address are answered alike.',
  body: z.strictObject({ email, password }),
  status: 200,
  answer: signedIn,
  problems: [401],
})

export const refreshSession: Call<{ body: { readonly refreshToken: string }; answer: SignedIn }> = call(
  'POST',
  '/sessions/refresh',
  {
    summary: 'Get new tokens',
    description: 'Each refresh token works once. A second use ends the session.',
    body: z.strictObject({
      refreshToken: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, 'It must be a refresh token')
        .meta({ examples: ['q0R9bQ1nU3mZ8tY5cW7xA2eK4pL6sD0fG1hJ3kV5nB8'] }),
    }),
    status: 200,
    answer: signedIn,
    problems: [401],
  },
)

export const signOut: Call = call('DELETE', '/sessions/current', {
  summary: 'Sign out',
  caller: 'user',
  status: 204,
  problems: [401],
})
