/** The bus's tables in SQLite. */

/** One step for each version, in order. A step that was released is never changed. */
export const sqliteSteps: readonly (readonly string[])[] = [
  [
    `CREATE TABLE vestnik_outbox (
      pos INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL,
      topic TEXT NOT NULL,
      key TEXT,
      headers TEXT NOT NULL,
      body BLOB NOT NULL,
      created INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT 'new',
      parks INTEGER NOT NULL,
      reason TEXT
    )`,
    `CREATE INDEX vestnik_outbox_aside ON vestnik_outbox (topic, key, pos) WHERE state = 'aside'`,
    // lane is the key of an ordered group, else NULL: what order and blocking go by. key is what people see.
    `CREATE TABLE vestnik_inbox (
      pos INTEGER PRIMARY KEY,
      topic TEXT NOT NULL,
      grp TEXT NOT NULL,
      source TEXT NOT NULL,
      id TEXT NOT NULL,
      state TEXT NOT NULL,
      changed INTEGER NOT NULL,
      lane TEXT,
      key TEXT,
      due INTEGER,
      attempts INTEGER NOT NULL DEFAULT 0,
      rev INTEGER NOT NULL DEFAULT 0,
      reason TEXT,
      delayed INTEGER NOT NULL DEFAULT 0,
      forced INTEGER NOT NULL DEFAULT 0,
      edited INTEGER NOT NULL DEFAULT 0,
      headers TEXT,
      body BLOB,
      expires INTEGER,
      parks INTEGER NOT NULL DEFAULT 0,
      secret TEXT,
      origin TEXT,
      published INTEGER,
      arrived INTEGER,
      error_class TEXT,
      error_message TEXT,
      error_frame TEXT,
      token TEXT,
      until INTEGER,
      starts INTEGER NOT NULL DEFAULT 0,
      alone INTEGER NOT NULL DEFAULT 0,
      uncertain INTEGER NOT NULL DEFAULT 0
    )`,
    'CREATE UNIQUE INDEX vestnik_inbox_message ON vestnik_inbox (topic, grp, source, id)',
    // What stands in a lane, first come first. What went on without its place (dead and not parked, delayed) is not there.
    `CREATE INDEX vestnik_inbox_lane ON vestnik_inbox (topic, grp, lane, pos, state, delayed, parks)
      WHERE (state = 'held' AND delayed = 0) OR (state = 'dead' AND parks = 1)`,
    `CREATE INDEX vestnik_inbox_due ON vestnik_inbox (topic, grp, due)
      WHERE state = 'held' AND (lane IS NULL OR delayed = 1)`,
    // The few claims: else each start would look through all that waits in its lane.
    'CREATE INDEX vestnik_inbox_claim ON vestnik_inbox (topic, grp, lane, until) WHERE until IS NOT NULL',
    // For people, and for counting: without it they would read all that is done.
    `CREATE INDEX vestnik_inbox_waiting ON vestnik_inbox (pos) WHERE state IN ('held', 'dead')`,
    'CREATE TABLE vestnik_lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, until INTEGER NOT NULL)',
    `CREATE TABLE vestnik_operations (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      who TEXT NOT NULL,
      at INTEGER NOT NULL,
      what TEXT NOT NULL,
      target TEXT NOT NULL,
      result TEXT NOT NULL
    )`,
  ],
  // Where several brokers share the outbox, what waits for one that is down is not read by the others.
  [`CREATE INDEX vestnik_outbox_topic ON vestnik_outbox (topic, pos) WHERE state = 'new'`],
  // Only in PostgreSQL: shards of the outbox.
  [],
]
