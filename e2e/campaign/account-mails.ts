/**
 * Mails: each code that was asked for came, in the order of its key, and each notice, and again only where that is counted
 * as uncertain.
 */
import type { MailCounts } from './account.ts'
import type { Found, Letter } from './found.ts'
import type { Command } from './ledger.ts'

export interface MailAccount {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly ghosts: readonly string[]
  readonly disordered: readonly string[]
  readonly counts: MailCounts
}

const codes = 'mail.sendCode'
const notices = 'mail.sendNotice'

/** Which commands ask for a code, and who then publishes it. A sign-up that is sent again makes no second one. */
const asking: Readonly<Partial<Record<Command['kind'], string>>> = {
  'sign up': 'users',
  'ask reset': 'users',
  rent: 'films',
}

export function accountOfMails(commands: readonly Command[], found: Found): MailAccount {
  const letters = new Map(found.letters.map((letter) => [letter.messageId, letter]))
  const arrivals = countBy(found.mails.map(({ messageId }) => messageId))
  const asked = commands.filter((one) => asking[one.kind] !== undefined && !one.refused)
  const places = groupBy(
    found.letters.filter(({ topic }) => topic === codes),
    (one) => `${one.to} ${one.source}`,
  )
  const requests = groupBy(asked, (one) => `${one.who} ${asking[one.kind]}`)
  const told = groupBy(
    found.letters.filter(({ topic }) => topic === notices),
    ({ to }) => to,
  )
  const telling = groupBy(
    commands.filter(({ kind, refused }) => (kind === 'confirm reset' || kind === 'sign up') && !refused),
    ({ who }) => who,
  )
  const firsts = [...arrivals.keys()]
  const turn = new Map(firsts.map((messageId, i) => [messageId, i]))
  return {
    lost: [
      ...[...requests].flatMap(([place, own]) => unanswered(own, places.get(place) ?? [], place)),
      ...[...telling].flatMap(([who, own]) => untold(own, told.get(who) ?? [], who)),
      ...found.letters.flatMap(({ messageId, to }) =>
        arrivals.has(messageId) ? [] : [`a mail to ${to}: ${messageId}`],
      ),
    ],
    doubled: [...arrivals].flatMap(([messageId, count]) => {
      const { to = '', uncertain = 0 } = letters.get(messageId) ?? {}
      return count > 1 + uncertain ? [`a mail to ${to}: ${count} times, ${uncertain} uncertain`] : []
    }),
    ghosts: [
      ...found.mails.flatMap(({ messageId, to }) => (letters.has(messageId) ? [] : [`a mail to ${to}: ${messageId}`])),
      ...[...places].flatMap(([place, own]) => unasked(requests.get(place) ?? [], own, place)),
      ...[...told].flatMap(([to, own]) => unfounded(telling.get(to) ?? [], own, to)),
    ],
    disordered: [...places].flatMap(([place, own]) => overtaken(requests.get(place) ?? [], own, turn, place)),
    counts: {
      sent: firsts.length,
      copies: found.mails.length - firsts.length,
      uncertain: found.letters.reduce((sum, { uncertain }) => sum + uncertain, 0),
    },
  }
}

/** A sign-up that was sent again may have its code from any of its attempts. */
function unanswered(requests: readonly Command[], letters: readonly Letter[], place: string): readonly string[] {
  const signedUp = requests.filter(({ kind }) => kind === 'sign up')
  const others = requests.filter(({ kind }) => kind !== 'sign up' && kind !== 'rent')
  const rented = new Set(answered(requests.filter(({ kind }) => kind === 'rent')).map(({ about }) => about))
  const missing = answered(others).filter((one) => !letters.some(({ madeAt }) => isWithin(madeAt, one)))
  const codeOfSignUp = letters.some(({ madeAt }) => signedUp.some((one) => isWithin(madeAt, one)))
  return [
    ...missing.map(({ kind, askedAt }) => `${place}: no code for "${kind}" at ${new Date(askedAt).toISOString()}`),
    ...(answered(signedUp).length > 0 && !codeOfSignUp ? [`${place}: no code for "sign up"`] : []),
    ...(letters.length < rented.size ? [`${place}: ${letters.length} codes for ${rented.size} rentals`] : []),
  ]
}

/** A command without an answer may take effect late, but never before it was sent. */
function unasked(requests: readonly Command[], letters: readonly Letter[], place: string): readonly string[] {
  const tooMany = letters.length - mostCodes(requests)
  return [
    ...letters
      .filter(({ madeAt }) => !requests.some((one) => isWithin(madeAt, one)))
      .map(({ madeAt }) => `${place}: a code at ${new Date(madeAt).toISOString()} that nobody asked for`),
    ...(tooMany > 0 ? [`${place}: ${tooMany} codes too many`] : []),
  ]
}

/** The owner of an account is told that its password was changed. */
function untold(commands: readonly Command[], own: readonly Letter[], who: string): readonly string[] {
  return answered(commands.filter(({ kind }) => kind === 'confirm reset'))
    .filter((one) => !own.some(({ madeAt }) => isWithin(madeAt, one)))
    .map(({ askedAt }) => `${who}: no notice of the new password at ${new Date(askedAt).toISOString()}`)
}

/** Besides that, a sign-up that is sent again finds the address taken. */
function unfounded(commands: readonly Command[], own: readonly Letter[], to: string): readonly string[] {
  const most = commands.length - (commands.some(({ kind }) => kind === 'sign up') ? 1 : 0)
  return own.length > most ? [`${to}: ${own.length - most} notices too many`] : []
}

/** A sign-up makes one code, and a rental too, however often they are sent. */
function mostCodes(requests: readonly Command[]): number {
  const once = new Set(requests.filter(({ kind }) => kind !== 'ask reset').map(({ kind, about }) => `${kind} ${about}`))
  return once.size + requests.filter(({ kind }) => kind === 'ask reset').length
}

/**
 * Whatever was made after an answer stands behind what was answered. Where a command without an answer may have made
 * one of two, nobody knows which was answered, and nothing is said of them.
 */
function overtaken(
  requests: readonly Command[],
  letters: readonly Letter[],
  turn: ReadonlyMap<string, number>,
  place: string,
): readonly string[] {
  const certain = answered(requests).flatMap((one) => {
    const own = letters.filter(({ madeAt }) => isWithin(madeAt, one))
    const [letter] = own
    return letter && turn.has(letter.messageId) && own.length === 1 && one.kind !== 'sign up'
      ? [{ letter, answeredAt: one.answeredAt ?? 0 }]
      : []
  })
  const turnOf = ({ messageId }: Letter) => turn.get(messageId) ?? Number.POSITIVE_INFINITY
  return certain.flatMap(({ letter, answeredAt }) =>
    letters
      .filter((later) => later.madeAt > answeredAt && turnOf(later) < turnOf(letter))
      .map(({ madeAt }) => `${place}: the code made at ${madeAt} came before that of ${letter.madeAt}`),
  )
}

const isWithin = (at: number, { askedAt, answeredAt = Number.POSITIVE_INFINITY }: Command) =>
  askedAt <= at && at <= answeredAt

const answered = (commands: readonly Command[]) => commands.filter(({ answeredAt }) => answeredAt !== undefined)

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  return Map.groupBy(items, keyOf)
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
