/** The whole story with every service's data in PostgreSQL, in one database: each service has a schema of its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, scratchDatabase, sharedPostgres } from '../tools/databases/postgres.ts'
import { tellWholeStory } from './whole-story.ts'

test('the story is the same on PostgreSQL, and no service writes outside its own schema', {
  timeout: 180_000,
}, async (t) => {
  await using server = await sharedPostgres()
  await using database = await scratchDatabase(server)
  await tellWholeStory(t, { DATABASE_URL: database.url })
  const tables = await command(
    database.url,
    `SELECT schemaname AS schema, count(*)::int AS tables FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1 ORDER BY 1`,
  )
  assert.deepEqual(
    tables.map(({ schema }) => schema),
    ['films', 'gateway', 'mailer', 'users'],
  )
})
