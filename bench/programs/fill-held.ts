/** Leaves messages held in the database of a service, all of them due: as after a failure that lasted some minutes. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'
import { openService } from '../harness/services.ts'

const { folder, keys, count } = readInput<{ folder: string; keys: number; count: number }>()
const { store, close } = await openService(folder, 'billing', [])
await store.transaction((tx) =>
  tx.query('CREATE TABLE bills (pos INTEGER PRIMARY KEY, n INTEGER NOT NULL, customer TEXT NOT NULL)', []),
)
await close()

using database = new DatabaseSync(join(folder, 'billing.db'))
const hold = database.prepare(
  `INSERT INTO vestnik_inbox
  (topic, grp, source, id, state, changed, arrived, lane, key, due, headers, body, published, secret, origin)
  VALUES ('order.placed', 'billing', 'shop', ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, '[]', 'bench')`,
)
const at = Date.now()
database.exec('BEGIN')
for (let n = 0; n < count; n += 1) {
  const { id, headers, body } = message(n)
  const key = `key-${n % keys}`
  hold.run(id, at, at, key, key, at, JSON.stringify(headers), body, at)
}
database.exec('COMMIT')
report({ count })
