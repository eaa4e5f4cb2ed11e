/** The story of the demonstration, scene by scene. */
import { setTimeout as sleep } from 'node:timers/promises'
import { films, logins, rentals, sessions, users } from '@vestnik/api'
import { ask } from '../client/ask.ts'
import type { Mail } from '../client/mailbox.ts'
import type { Stage } from './stage.ts'
import type { Teller } from './tell.ts'

const solaris = 'Солярис'
const filmsAtOnce = 6
const email = 'anna@example.org'
const password = 'correct horse battery staple'
/** More than the time after which the mailer repeats what it cannot know. */
const allMailsWithinMs = 70_000
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' })

export async function play(stage: Stage, tell: Teller): Promise<void> {
  await signUp(stage, tell)
  const token = await signIn(stage, tell)
  await rentWithoutMailer(stage, tell, token)
  await killInTheMiddle(stage, tell, token)
  await killGateway(stage, tell)
}

async function signUp({ url, mailbox }: Stage, tell: Teller): Promise<void> {
  tell.scene('Anna signs up.')
  const took = stopwatch()
  await ask(url, users.signUp, { body: { email, password, name: 'Anna' } })
  tell.say(`The account and the message "mail a code to Anna" were written in one transaction (${took()}).`)
  const { code, subject, text } = await mailbox.nextCode(email)
  tell.say(`users → broker → mailer → SMTP: the mail is there after ${took()}.`)
  tell.quote(`Subject: ${subject}`)
  tell.quote(text.trim())
  await ask(url, users.confirmAddress, { body: { email, code } })
  tell.say('She types in the code: the address is hers.')
}

async function signIn({ url, printed }: Stage, tell: Teller): Promise<string> {
  tell.scene('She signs in.')
  const { accessToken } = await ask(url, sessions.signIn, { body: { email, password } })
  await waitFor('the gateway prints a line', () => printed.length > 0)
  tell.say('The users service told of it in the transaction that made the session, and the gateway printed:')
  for (const line of printed) tell.quote(line)
  tell.promise(printed.length === 1, 'Every committed message takes effect', `${printed.length} lines`)
  return accessToken
}

async function rentWithoutMailer(stage: Stage, tell: Teller, token: string): Promise<void> {
  const { url, mailbox } = stage
  tell.scene('The mailer is killed (SIGKILL), and Anna rents a film.')
  const [film] = (await ask(url, films.listFilms, { query: { query: solaris.toLowerCase() } })).items
  if (film === undefined) throw new Error('the catalogue does not know Solaris')
  await stage.killMailer()
  const took = stopwatch()
  const { id } = await ask(url, rentals.rentFilm, { params: { id: film.id }, token })
  tell.say(
    `«${film.title}», ${film.directors.join(', ')}, ${film.year}: 202 after ${took()}. Nobody had to wait for the mailer.`,
  )
  const before = (await mailbox.all()).length
  await sleep(2000)
  const meanwhile = (await mailbox.all()).length - before
  tell.say(`Two seconds later there is ${meanwhile === 0 ? 'no' : 'a'} mail. The message waits at the broker.`)

  const again = stopwatch()
  await stage.startMailer()
  const { code, text } = await mailbox.nextCode(email)
  tell.say(`The mailer runs again, and ${again()} after its start the mail is there:`)
  tell.quote(text.trim())
  const copies = (await mailbox.all()).length - before
  tell.promise(meanwhile === 0 && copies === 1, 'Nothing is lost while a service is down', `${copies} mails came`)
  const { until } = await ask(url, rentals.confirmRental, { params: { id }, body: { code }, token })
  tell.say(`The code is right: the film is hers until ${day.format(new Date(until))}.`)
}

async function killInTheMiddle(stage: Stage, tell: Teller, token: string): Promise<void> {
  const { url, mailbox } = stage
  tell.scene(`She asks for ${filmsAtOnce} films, and the mailer is killed in the middle.`)
  const before = (await mailbox.all()).length
  const came = async () => (await mailbox.all()).slice(before)
  const { items } = await ask(url, films.listFilms, { query: { pageSize: filmsAtOnce + 1 } })
  const wanted = items.filter(({ title }) => title !== solaris).slice(0, filmsAtOnce)
  for (const [i, { id }] of wanted.entries()) {
    if (i === wanted.length / 2) await stage.killMailer()
    await ask(url, rentals.rentFilm, { params: { id }, token })
    await sleep(150)
  }
  tell.say(
    `Each request was answered 202. ${(await came()).length} mails had come when it was killed. It is started again.`,
  )
  const took = stopwatch()
  await stage.startMailer()
  const late = setTimeout(
    () => tell.say('One was in the act: its claim must lapse before it may be repeated, within a minute.'),
    5000,
  )
  await waitFor('all mails come', async () => distinct(await came()) === filmsAtOnce, allMailsWithinMs)
  clearTimeout(late)
  tell.say(`${took()} after its start all mails are there.`)
  await untilQuiet(stage)
  const mails = await came()
  const twice = mails.length - distinct(mails)
  tell.promise(distinct(mails) === filmsAtOnce, `All ${filmsAtOnce} mails came`, `${distinct(mails)} came`)
  const counted = `${stage.uncertain()} uncertain, ${twice} doubled`
  const promise = 'A mail comes twice only when its sender died in the act, and that is counted'
  tell.promise(twice <= stage.uncertain(), `${promise}: ${counted}`, counted)
}

async function killGateway(stage: Stage, tell: Teller): Promise<void> {
  const { url, printed } = stage
  tell.scene('She signs in again, and the gateway is killed right after its answer.')
  const { accessToken: token } = await ask(url, sessions.signIn, { body: { email, password } })
  await stage.restartGateway()
  let items: readonly unknown[] = []
  await waitFor('both sign-ins are listed and printed', async () => {
    items = (await ask(url, logins.listLogins, { token })).items
    return items.length >= 2 && new Set(printed).size >= 2
  })
  tell.say('It was started again. GET /logins answers:')
  for (const item of items) tell.quote(JSON.stringify(item))
  tell.promise(items.length === 2, 'An effect in a database happens exactly once', `${items.length} are listed`)
}

/** A copy would have come by then. */
async function untilQuiet({ mailbox }: Stage): Promise<void> {
  let count = -1
  await waitFor('no more mails come', async () => {
    const before = count
    count = (await mailbox.all()).length
    await sleep(700)
    return count === before
  })
}

const distinct = (mails: readonly Mail[]): number => new Set(mails.map(({ messageId }) => messageId)).size

/** @throws Error when it does not come true in time */
async function waitFor(
  fact: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs: number = 20_000,
): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`"${fact}" did not come true within ${withinMs / 1000} s`)
    await sleep(10)
  }
}

function stopwatch(): () => string {
  const startedAt = performance.now()
  return () => {
    const ms = performance.now() - startedAt
    return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
  }
}
