/** Reads what the services have in their databases, on either. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Mail } from '../../tools/client/mailbox.ts'
import { command } from '../../tools/databases/postgres.ts'
import type { Found, Letter, Remainder, Session } from './found.ts'

export type BookName = 'gateway' | 'users' | 'films' | 'mailer'

type Row = Readonly<Record<string, unknown>>

/** Runs a query that both dialects understand on the database of one service. */
export type Books = (of: BookName, sql: string) => Promise<readonly Row[]>

export function sqliteBooks(dataDir: string): Books {
  return async (of, sql) => {
    using database = new DatabaseSync(join(dataDir, `${of}.db`), { readOnly: true, timeout: 5_000 })
    return database.prepare(sql).all()
  }
}

/** Each service has a schema of its own name. */
export function postgresBooks(url: string): Books {
  return (of, sql) => command(url, sql, of)
}

const all: readonly BookName[] = ['gateway', 'users', 'films', 'mailer']

/** @throws when a database cannot be read */
export async function readFound(
  books: Books,
  mails: readonly Mail[],
  printed: readonly string[],
): Promise<Omit<Found, 'brokenOff' | 'kills' | 'surprises'>> {
  const [users, sessions, logins, known, rentals, letters, ...remains] = await Promise.all([
    books('users', 'SELECT id, email, email_confirmed AS confirmed, passwords_set FROM users'),
    books('users', sessionsWithTokens),
    books('gateway', 'SELECT user_id, timestamp FROM logins'),
    books('films', 'SELECT id, email, confirmed FROM users'),
    books('films', 'SELECT id, user_id, film_id, until FROM rentals'),
    books('mailer', 'SELECT topic, grp, source, id, key, uncertain FROM vestnik_inbox'),
    ...all.map((of) => remainsOf(books, of)),
  ])
  return {
    users: users.map((row) => ({
      id: Number(row.id),
      email: String(row.email),
      confirmed: Number(row.confirmed) === 1,
      passwordsSet: Number(row.passwords_set),
    })),
    sessions: sessions.map(sessionOf),
    logins: logins.map((row) => ({ userId: Number(row.user_id), at: Date.parse(String(row.timestamp)) })),
    known: known.map((row) => ({
      id: Number(row.id),
      email: String(row.email),
      confirmed: Number(row.confirmed) === 1,
    })),
    rentals: rentals.map((row) => ({
      id: Number(row.id),
      userId: Number(row.user_id),
      film: Number(row.film_id),
      active: row.until !== null,
    })),
    letters: letters.map(letterOf),
    mails: mails.map(({ messageId, to }) => ({ messageId: hashOf(messageId), to })),
    printed,
    remains: remains.flat(),
  }
}

async function remainsOf(books: Books, service: BookName): Promise<readonly Remainder[]> {
  const outbox = await books(service, 'SELECT topic, state, count(*) AS n FROM vestnik_outbox GROUP BY topic, state')
  const inbox = await books(
    service,
    "SELECT topic, state, count(*) AS n FROM vestnik_inbox WHERE state IN ('held', 'dead') GROUP BY topic, state",
  )
  const remainder = (what: Remainder['what'], row: Row) => ({
    service,
    what,
    topic: String(row.topic),
    count: Number(row.n),
  })
  return [
    ...outbox.map((row) => remainder(row.state === 'aside' ? 'set aside' : 'in the outbox', row)),
    ...inbox.map((row) => remainder(row.state === 'dead' ? 'dead' : 'held', row)),
  ]
}

const sessionsWithTokens = `SELECT sessions.id, user_id, created_at, count(ended_at) AS ends, count(hash) AS tokens,
  count(used_at) AS used FROM sessions LEFT JOIN refresh_tokens ON session_id = sessions.id
  GROUP BY sessions.id, user_id, created_at`

const sessionOf = (row: Row): Session => ({
  id: String(row.id),
  userId: Number(row.user_id),
  at: Number(row.created_at),
  ended: Number(row.ends) > 0,
  tokens: Number(row.tokens),
  used: Number(row.used),
})

/** The mailer makes the Message-ID of the effect's idempotency key, and ids of messages begin with their time. */
function letterOf({ topic, grp, source, id, key, uncertain }: Row): Letter {
  const hash = createHash('sha256').update([topic, grp, source, id].join('/')).digest('hex').slice(0, 40)
  return {
    messageId: hash,
    topic: String(topic),
    source: String(source),
    to: String(key),
    madeAt: Number.parseInt(String(id).replace('-', '').slice(0, 12), 16),
    uncertain: Number(uncertain),
  }
}

/** The part of a Message-ID that the mailer makes of the message. */
export const hashOf = (messageId: string): string => messageId.replace(/^<?([^@]*)@.*$/s, '$1')
