import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Row, Tx } from '@vestnik/bus'
import { sql } from 'drizzle-orm'
import { drizzleOn, knexOn, kyselyOn } from './node-sqlite.ts'
import { openShop, orderPlaced } from './orders.ts'
import { txOfDrizzle } from './tx-of-drizzle.ts'
import { txOfKnex } from './tx-of-knex.ts'
import { txOfKysely } from './tx-of-kysely.ts'

/** Writes an order and its message in one transaction of the library, which the caller may then let fail. */
type Place = (publish: (tx: Tx) => Promise<string>, id: number, fail: boolean) => Promise<void>

const libraries: Record<string, (path: string) => { readonly place: Place; readonly close: () => unknown }> = {
  Kysely(path) {
    const db = kyselyOn<{ orders: { id: number } }>(path)
    return {
      place: (publish, id, fail) =>
        db.transaction().execute(async (trx) => {
          await trx.insertInto('orders').values({ id }).execute()
          await publish(txOfKysely(trx))
          if (fail) throw new Error('changed its mind')
        }),
      close: () => db.destroy(),
    }
  },
  Knex(path) {
    const db = knexOn(path)
    return {
      place: (publish, id, fail) =>
        db.transaction(async (trx) => {
          await trx('orders').insert({ id })
          await publish(txOfKnex(trx))
          if (fail) throw new Error('changed its mind')
        }),
      close: () => db.destroy(),
    }
  },
  Drizzle(path) {
    const { db, close } = drizzleOn(path)
    return {
      place: (publish, id, fail) =>
        db.transaction(async (tx) => {
          await tx.run(sql`INSERT INTO orders (id) VALUES (${id})`)
          await publish(txOfDrizzle((query) => tx.all<Row>(query)))
          if (fail) throw new Error('changed its mind')
        }),
      close,
    }
  },
}

for (const [name, open] of Object.entries(libraries)) {
  test(`a message published in a transaction of ${name} is sent if, and only if, that commits`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vestnik-own-database-'))
    try {
      const path = join(folder, 'shop.db')
      await using shop = await openShop(path)
      const { place, close } = open(path)
      const publish = (id: number) => (tx: Tx) => shop.bus.publish(tx, orderPlaced, { id })
      await assert.rejects(place(publish(1), 1, true), /changed its mind/)
      await place(publish(2), 2, false)
      await shop.bus.settled()
      assert.deepEqual(await shop.billed(), [2])
      await close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
