/** Sessions and passwords: each answered renewal, end and new password is there once, and none without a command. */
import type { PeopleAccount } from './account-people.ts'
import type { Found, Session, User } from './found.ts'
import type { Command, CommandKind } from './ledger.ts'

export function accountOfSessions(commands: readonly Command[], found: Found): PeopleAccount {
  const of = (kind: CommandKind) => commands.filter((one) => one.kind === kind && !one.refused)
  const users = new Map(found.users.map((user) => [user.id, user]))
  const resets = Map.groupBy(of('confirm reset'), ({ who }) => who)
  const renewals = Map.groupBy(of('refresh'), ({ about = '' }) => about)
  const signOuts = Map.groupBy(of('sign out'), ({ about = '' }) => about)
  const own = (commands: ReadonlyMap<string, readonly Command[]>, key: string) => commands.get(key) ?? []
  const all = [
    ...found.users.map((user) => passwords(user, own(resets, user.email))),
    ...found.sessions.map((session) => {
      const email = users.get(session.userId)?.email ?? ''
      const name = `a session of ${email} from ${new Date(session.at).toISOString()}`
      const ending = { resets: own(resets, email), signOuts: own(signOuts, session.id) }
      return [renewed(session, own(renewals, session.id), name), ended(session, ending, name)]
    }),
  ].flat()
  return {
    lost: all.flatMap(({ lost = [] }) => lost),
    doubled: all.flatMap(({ doubled = [] }) => doubled),
    ghosts: all.flatMap(({ ghosts = [] }) => ghosts),
  }
}

type Part = Partial<PeopleAccount>

function passwords({ email, passwordsSet }: User, resets: readonly Command[]): Part {
  const what = `of ${email}: ${passwordsSet}, ${answered(resets).length} answered of ${resets.length}`
  return {
    lost: passwordsSet < answered(resets).length ? [`a new password ${what}`] : [],
    ghosts: passwordsSet > resets.length ? [`a new password ${what}`] : [],
  }
}

/** A token is used in the transaction that makes the next one. */
function renewed({ tokens, used }: Session, renewals: readonly Command[], name: string): Part {
  const what = `used ${used} times, ${answered(renewals).length} answered of ${renewals.length}`
  return {
    lost: [
      ...(used < answered(renewals).length ? [`a refresh of ${name}: ${what}`] : []),
      ...(tokens < used + 1 ? [`the next refresh token of ${name}`] : []),
    ],
    doubled: tokens > used + 1 ? [`the next refresh token of ${name}`] : [],
    ghosts: used > renewals.length ? [`a refresh of ${name}: ${what}`] : [],
  }
}

/** A new password ends what began before it was asked for; with what began meanwhile it may be either. */
function ended(
  { ended: isEnded, at }: Session,
  { resets, signOuts }: { readonly resets: readonly Command[]; readonly signOuts: readonly Command[] },
  name: string,
): Part {
  const bySignOut = answered(signOuts).length > 0
  const byReset = answered(resets).some(({ askedAt }) => at < askedAt)
  return {
    lost:
      (bySignOut || byReset) && !isEnded
        ? [`the end of ${name}, by ${bySignOut ? 'signing out' : 'a new password'}`]
        : [],
    ghosts: isEnded && signOuts.length + resets.length === 0 ? [`the end of ${name}`] : [],
  }
}

const answered = (commands: readonly Command[]) => commands.filter(({ answeredAt }) => answeredAt !== undefined)
