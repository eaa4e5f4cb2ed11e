/** Mutants of the services that only show where two instances of one work on the same tables. */
import type { Mutant } from './mutant.ts'

const service = 'packages/service/instances.postgres.test.ts'
const codes = 'services/codes/instances.postgres.test.ts'
const films = 'services/films/use-cases/at-once.postgres.test.ts'
const users = 'services/users/store/instances.postgres.test.ts'

export const instanceMutants: readonly Mutant[] = [
  {
    name: 'a request that locks nobody',
    rule: 'So many requests of one user await their codes, at all instances together.',
    file: 'services/films/use-cases/rent-film.ts',
    find: 'await lockUser(tx, request.userId)',
    replace: 'void lockUser',
    tests: [films],
    only: 'last place',
  },
  {
    name: 'a confirmation that locks nobody',
    rule: 'What is confirmed at one instance is not asked for at another.',
    file: 'services/films/use-cases/confirm-rental.ts',
    find: 'await lockUser(tx, userId)',
    replace: 'void lockUser',
    tests: [films],
    only: 'confirmed just now',
  },
  {
    name: 'mails that are counted without a turn',
    rule: 'An address is mailed its share of codes, by all instances together.',
    file: 'services/codes/mail-limits.ts',
    find: 'await takeTurn(tx, address ?? randomUUID(), nowMs)\n',
    replace: 'void [takeTurn, randomUUID]\n',
    tests: [codes],
    only: 'counts just now',
  },
  {
    name: 'a sign-in that only reads its account',
    rule: 'A session that begins while another instance sets a new password does not outlive it.',
    file: 'services/users/store/accounts.ts',
    find: `UPDATE users SET signed_in_at =
       CASE WHEN signed_in_at >= ? AND signed_in_at < ? THEN signed_in_at + 1 ELSE ? END
     WHERE id = ? AND passwords_set = ? RETURNING signed_in_at`,
    replace: `SELECT CASE WHEN signed_in_at >= ? AND signed_in_at < ? THEN signed_in_at + 1 ELSE ? END AS signed_in_at
     FROM users WHERE id = ? AND passwords_set = ?`,
    tests: [users],
    only: 'another instance replaces',
  },
  {
    name: 'two sign-ins at one time',
    rule: 'No two sign-ins of a user have the same time, at whichever instance.',
    file: 'services/users/store/accounts.ts',
    find: 'THEN signed_in_at + 1 ELSE',
    replace: 'THEN signed_in_at ELSE',
    tests: [users],
    only: 'the same time',
  },
  {
    name: 'lines that anybody prints',
    rule: 'A line is printed by the instance that handed it in, as long as that lives.',
    file: 'packages/service/printer.ts',
    find: 'WHERE owner = ? OR owned_until <= ? ORDER BY',
    replace: 'WHERE owner >= LEFT(?, 0) OR owned_until <= ? ORDER BY',
    tests: [service],
    only: 'left to it',
  },
  {
    name: 'work of one that others do at the same time',
    rule: 'Work that only one instance does begins when that of another is committed.',
    file: 'packages/service/only-one.ts',
    find: "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || ?, 0))",
    replace: "SELECT hashtextextended(current_schema() || ' ' || ?, 0)",
    tests: [service],
    only: 'only one does',
  },
]
