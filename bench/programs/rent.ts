/** Asks for a film at a steady rate, each time as another of some people; reports when each request was answered. */
import { films, rentals, sessions } from '@vestnik/api'
import { ask } from '../../tools/client/ask.ts'
import { pace } from '../harness/pace.ts'
import { password } from '../harness/people.ts'
import { now, readInput, report } from '../harness/program.ts'

const { url, emails, perSecond, seconds } = readInput<{
  url: string
  emails: readonly string[]
  perSecond: number
  seconds: number
}>()
const [film] = (await ask(url, films.listFilms, {})).items
const tokens = await Promise.all(
  emails.map(async (email) => (await ask(url, sessions.signIn, { body: { email, password } })).accessToken),
)
const answeredAt: Record<string, number> = {}
await pace(perSecond, seconds, async (n) => {
  const token = tokens[n % tokens.length] ?? ''
  await ask(url, rentals.rentFilm, { params: { id: film?.id ?? 0 }, token })
  answeredAt[n] = now()
})
report(answeredAt)
