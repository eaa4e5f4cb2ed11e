/** Accounts, sign-ins and rentals: each answered one is there once, with what follows from it, and none without a command. */
import type { Found } from './found.ts'
import type { Command, CommandKind } from './ledger.ts'

export interface PeopleAccount {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly ghosts: readonly string[]
}

export function accountOfPeople(commands: readonly Command[], found: Found): PeopleAccount {
  const of = (kind: CommandKind) => commands.filter((one) => one.kind === kind && !one.refused)
  const all = [
    addresses(of('sign up'), of('confirm address'), found),
    signIns(of('sign in'), found),
    rentals(of('rent'), of('confirm rental'), found),
  ]
  return {
    lost: all.flatMap(({ lost }) => lost),
    doubled: all.flatMap(({ doubled }) => doubled),
    ghosts: all.flatMap(({ ghosts }) => ghosts),
  }
}

function addresses(signUps: readonly Command[], confirmations: readonly Command[], found: Found): PeopleAccount {
  const byEmail = new Map(found.users.map((user) => [user.email, user]))
  const known = new Map(found.known.map((user) => [user.id, user]))
  const asked = new Set(signUps.map(({ who }) => who))
  const confirming = new Set(confirmations.map(({ who }) => who))
  return {
    lost: [
      ...answered(signUps).flatMap(({ who }) => (byEmail.has(who) ? [] : [`the account of ${who}`])),
      ...answered(confirmations).flatMap(({ who }) =>
        byEmail.get(who)?.confirmed ? [] : [`the confirmation of ${who}`],
      ),
      // What is committed at one service must come to the other, answered or not.
      ...found.users.flatMap(({ id, email, confirmed }) => {
        const there = known.get(id)
        if (there === undefined) return [`user.registered of ${email}`]
        return confirmed && !there.confirmed ? [`user.emailConfirmed of ${email}`] : []
      }),
    ],
    doubled: repeated(found.users.map(({ email }) => `the account of ${email}`)),
    ghosts: [
      ...found.users.flatMap(({ email }) => (asked.has(email) ? [] : [`an account of ${email}`])),
      ...found.users.flatMap(({ email, confirmed }) =>
        confirmed && !confirming.has(email) ? [`a confirmation of ${email}`] : [],
      ),
      ...found.known.flatMap(({ id, email }) =>
        byEmail.get(email)?.id === id ? [] : [`${email} at the films service`],
      ),
    ],
  }
}

function signIns(commands: readonly Command[], found: Found): PeopleAccount {
  const sessions = new Set(found.sessions.map(({ id }) => id))
  const emails = new Map(found.users.map(({ id, email }) => [id, email]))
  const nameOf = ({ userId, at }: { readonly userId: number; readonly at: number }) =>
    `the sign-in of ${emails.get(userId) ?? `user ${userId}`} at ${new Date(at).toISOString()}`
  const committed = countBy(found.sessions.map(nameOf))
  const listed = countBy(found.logins.map(nameOf))
  const askedBy = countBy(commands.map(({ who }) => who))
  const madeBy = countBy(found.sessions.map(({ userId }) => emails.get(userId) ?? `user ${userId}`))
  return {
    lost: [
      ...answered(commands).flatMap(({ who, about = '' }) =>
        sessions.has(about) ? [] : [`an answered sign-in of ${who}`],
      ),
      ...[...committed].flatMap(([name, count]) => ((listed.get(name) ?? 0) < count ? [`user.loggedIn: ${name}`] : [])),
    ],
    doubled: [...listed].flatMap(([name, count]) => {
      const due = committed.get(name) ?? 0
      return due > 0 && count > due ? [`${name}: listed ${count} times`] : []
    }),
    ghosts: [
      ...[...listed.keys()].flatMap((name) =>
        committed.has(name) ? [] : [`${name}: listed, and there is no session`],
      ),
      ...[...madeBy].flatMap(([who, count]) => {
        const asked = askedBy.get(who) ?? 0
        return count > asked ? [`${count - asked} sessions of ${who} too many`] : []
      }),
    ],
  }
}

/** A film is asked for by one person in one command, repeated under one idempotency key. */
function rentals(requests: readonly Command[], confirmations: readonly Command[], found: Found): PeopleAccount {
  const emails = new Map(found.users.map(({ id, email }) => [id, email]))
  const nameOf = (who: string, film: string) => `the rental of film ${film} by ${who}`
  const made = found.rentals.map((one) => ({ ...one, name: nameOf(emails.get(one.userId) ?? '', String(one.film)) }))
  const counts = countBy(made.map(({ name }) => name))
  const active = new Set(made.filter((one) => one.active).map(({ name }) => name))
  const asked = new Set(requests.map(({ who, about = '' }) => nameOf(who, about)))
  const confirming = new Set(confirmations.map(({ who, about = '' }) => nameOf(who, about)))
  const named = (command: Command) => nameOf(command.who, command.about ?? '')
  return {
    lost: [
      ...answered(requests)
        .map(named)
        .filter((name) => !counts.has(name)),
      ...answered(confirmations)
        .map(named)
        .filter((name) => !active.has(name))
        .map((name) => `${name}, confirmed`),
    ],
    doubled: [...counts].flatMap(([name, count]) => (count > 1 ? [`${name}: ${count} times`] : [])),
    ghosts: [
      ...[...counts.keys()].filter((name) => !asked.has(name)),
      ...[...active].filter((name) => !confirming.has(name)).map((name) => `${name}, confirmed`),
    ],
  }
}

const answered = (commands: readonly Command[]) => commands.filter(({ answeredAt }) => answeredAt !== undefined)

const repeated = (names: readonly string[]) => [...countBy(names)].flatMap(([name, n]) => (n > 1 ? [name] : []))

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
