/** What the guides show is what the examples are, which are type-checked and run. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const shown: readonly (readonly [guide: string, source: string])[] = [
  ['add-a-service', 'add-a-service/film-rented.ts'],
  ['add-a-service', 'add-a-service/api.ts'],
  ['add-a-service', 'add-a-service/migrations.ts'],
  ['add-a-service', 'add-a-service/rented-films.ts'],
  ['add-a-service', 'add-a-service/app.ts'],
  ['add-a-service', 'add-a-service/main.ts'],
  ['add-a-service', 'add-a-service/app.test.ts'],
  ['testing', 'testing/keep-login.test.ts'],
  ['your-own-database', 'your-own-database/tx-of-pg.ts'],
  ['your-own-database', 'your-own-database/tx-of-kysely.ts'],
  ['your-own-database', 'your-own-database/tx-of-knex.ts'],
  ['your-own-database', 'your-own-database/tx-of-drizzle.ts'],
  ['your-own-database', 'your-own-database/tx-of-prisma.ts'],
]

for (const [guide, source] of shown) {
  test(`the guide ${guide} shows ${source} as it is`, () => {
    const page = readFileSync(new URL(`../docs/guides/${guide}.md`, import.meta.url), 'utf8')
    assert.ok(page.includes(readFileSync(new URL(source, import.meta.url), 'utf8')))
  })
}
