/** The store on a server that is killed, frozen and cut off, and beside transactions that are in its way. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@vestnik/bus/errors'
import type { Store, Tx } from '@vestnik/bus/store'
import { Client } from 'pg'
import { openTcpProxy } from '../../tools/brokers/tcp-proxy.ts'
import { command, privatePostgres, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openPostgresStore } from './index.ts'
import { through } from './laws.fixture.ts'
import { openCuttingProxy } from './unknown.fixture.ts'

const server = await sharedPostgres()
const port = Number(new URL(server.url).port || 5432)
after(() => server[Symbol.asyncDispose]())
const timeout = 90_000

test('a killed server loses nothing that was answered, and the store goes on when it is back', {
  timeout,
}, async () => {
  await using own = await privatePostgres()
  await using store = await openPostgresStore(own.url)
  const flood = await startFlood(store)
  let wakes = 0
  store.watch(() => {
    wakes += 1
  })
  for (const end of [own.kill, own.kill, own.shutDown]) {
    await until(() => flood.kept.length > flood.mark + 50)
    await end()
    await own.start()
    flood.mark = flood.kept.length
  }
  await until(() => flood.kept.length > flood.mark + 50)
  await flood.stop()
  await assertAccount(own.url, flood)
  const before = wakes
  await command(own.url, 'INSERT INTO flood VALUES (-1)')
  await until(() => wakes > before)
})

test('cut links lose nothing that was answered, and what is told as lost is not there', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using proxy = await openTcpProxy(port)
  await using store = await openPostgresStore(through(database.url, proxy.port))
  const flood = await startFlood(store)
  for (let round = 0; round < 12; round += 1) {
    const mark = flood.kept.length
    await until(() => flood.kept.length > mark + 10)
    if (round % 3 === 2) proxy.cutAfter(20_000 + round * 777)
    proxy.cut()
    proxy.cutAfter(undefined)
  }
  await flood.stop()
  await assertAccount(database.url, flood)
})

for (const how of ['cut before', 'cut after'] as const) {
  test(`a link that is ${how} the server has the COMMIT makes its outcome unknown`, { timeout }, async () => {
    await using database = await scratchDatabase(server)
    await using proxy = await openCuttingProxy(port)
    await using store = await openPostgresStore(through(database.url, proxy.port))
    await store.transaction((tx) => tx.query('CREATE TABLE once (n int)', []))
    proxy.commits(how)
    const ends = await Promise.allSettled([
      store.transaction((tx) => tx.query('INSERT INTO once VALUES (1)', [])),
      store.transaction(async (tx) => {
        await tx.query('INSERT INTO once VALUES (2)', [])
        throw new Error('mine')
      }),
    ])
    assert.ok(ends[0].status === 'rejected' && hasCode(ends[0].reason, 'COMMIT_UNKNOWN'))
    assert.ok(ends[1].status === 'rejected' && !hasCode(ends[1].reason, 'COMMIT_UNKNOWN'))
    proxy.commits('kept')
    await store.transaction((tx) => tx.query('INSERT INTO once VALUES (3)', []))
    const rows = await command(database.url, 'SELECT n FROM once ORDER BY n')
    const numbers = rows.map(({ n }) => n)
    assert.deepEqual(numbers, how === 'cut before' ? [3] : [1, 3])
  })
}

test('a server that stands still is told of in time, and is worked with again when it goes on', {
  timeout,
}, async () => {
  await using own = await privatePostgres()
  await using store = await openPostgresStore(own.url)
  await store.transaction((tx) => tx.query('CREATE TABLE still (n int)', []))
  own.freeze()
  const write = store.transaction((tx) => tx.query('INSERT INTO still VALUES (1)', []))
  const read = store.read((tx) => tx.query('SELECT n FROM still', []))
  const told = await Promise.allSettled([write, read])
  assert.deepEqual(
    told.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  own.thaw()
  await until(async () =>
    store
      .transaction((tx) => tx.query('INSERT INTO still VALUES (2)', []))
      .then(
        () => true,
        () => false,
      ),
  )
  assert.deepEqual(await store.read((tx) => tx.query('SELECT n FROM still', [])), [{ n: 2 }])
})

test('a store whose server is away tells each caller once, and closes', { timeout }, async () => {
  await using own = await privatePostgres()
  const store = await openPostgresStore(own.url)
  await store.read((tx) => tx.query('SELECT 1', []))
  await own.kill()
  const works = [1, 2, 3].flatMap(() => [
    store.transaction((tx) => tx.query('SELECT 1', [])),
    store.read((tx) => tx.query('SELECT 1', [])),
  ])
  for (const end of await Promise.allSettled(works)) {
    assert.ok(end.status === 'rejected' && hasCode(end.reason, 'TX_LOST'), JSON.stringify(end))
  }
  await store.close()
  await assert.rejects(
    store.read(async () => {}),
    (error) => hasCode(error, 'STORE_CLOSED'),
  )
})

test('two stores whose shared commits lock the same rows in another order lose no update', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using one = await openPostgresStore(database.url)
  await using other = await openPostgresStore(database.url)
  await one.transaction((tx) => tx.query('CREATE TABLE row (id int PRIMARY KEY, n int NOT NULL)', []))
  await one.transaction((tx) => tx.query('INSERT INTO row SELECT i, 0 FROM generate_series(1, 20) i', []))
  const add = (store: Store, id: number): Promise<number> =>
    store
      .transaction((tx) => tx.query('UPDATE row SET n = n + 1 WHERE id = $1', [id]))
      .then(
        () => 1,
        (error) => {
          assert.ok(hasCode(error, 'LOCK_TIMEOUT'), String(error))
          return 0
        },
      )
  let done = 0
  for (let round = 0; round < 10; round += 1) {
    const ids = Array.from({ length: 20 }, (_, i) => i + 1)
    const all = [...ids.map((id) => add(one, id)), ...ids.toReversed().map((id) => add(other, id))]
    for (const each of await Promise.all(all)) done += each
  }
  const [sum] = await one.read((tx) => tx.query('SELECT sum(n) AS n FROM row', []))
  assert.equal(sum?.n, done)
})

test('works of a commit that collides are called again, each alone, and one that always does is told', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE tried (n int)', []))
  await store.transaction((tx) => tx.query('CREATE SEQUENCE tries', []))
  await store.transaction((tx) =>
    tx.query(
      `CREATE FUNCTION collide(enough int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('tries') < enough THEN RAISE EXCEPTION 'in the way' USING ERRCODE = 'serialization_failure'; END IF;
      END $$`,
      [],
    ),
  )
  const insert = (n: number, enough?: number): Promise<unknown> =>
    store.transaction(async (tx) => {
      await tx.query('INSERT INTO tried VALUES ($1)', [n])
      if (enough !== undefined) await tx.query('SELECT collide($1)', [enough])
    })
  await Promise.all([insert(1), insert(2, 3), insert(3)])
  await assert.rejects(insert(4, 1_000), (error) => hasCode(error, 'TX_LOST'))
  const rows = await store.read((tx) => tx.query('SELECT n FROM tried ORDER BY n', []))
  assert.deepEqual(
    rows.map(({ n }) => n),
    [1, 2, 3],
  )
})

test('commits of a foreign connection wake a watcher, also those that nobody announces', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE foreign_rows (n int)', []))
  let seen = 0
  store.watch(() => {
    void store
      .read((tx) => tx.query('SELECT n FROM foreign_rows', []))
      .then(
        (rows) => {
          seen = Math.max(seen, rows.length)
        },
        () => {},
      )
  })
  const client = new Client(database.url)
  await client.connect()
  for (const count of [1, 2, 3]) {
    await client.query('INSERT INTO foreign_rows VALUES (1)')
    await until(() => seen === count)
  }
  await client.end()
})

test('others are told of many commits in a row by few notifications, and of the last one too', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE many (n int)', []))
  let woken = 0
  store.watch(() => {
    woken += 1
  })
  const other = new Client(database.url)
  await other.connect()
  const listens =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_current_snapshot%' AND pid <> pg_backend_pid()"
  await until(async () => (await other.query(listens)).rows.length > 0)
  const { rows } = await other.query('SELECT current_schema()::regnamespace::oid::text AS own')
  await other.query(`LISTEN vestnik_${rows[0].own}`)
  let told = 0
  let seen = 0
  const looking: Promise<unknown>[] = []
  other.on('notification', () => {
    told += 1
    looking.push(other.query('SELECT count(*)::int AS n FROM many').then((found) => (seen = found.rows[0].n)))
  })
  const began = performance.now()
  for (let n = 0; n < 200; n += 1) await store.transaction((tx) => tx.query('INSERT INTO many VALUES (1)', []))
  await until(() => seen === 200)
  const atMost = (performance.now() - began) / 16 + 2 // timers may be early
  assert.ok(told <= atMost, `${told} notifications, at most ${atMost}`)
  assert.ok(woken >= 200, 'our own are told of each')
  await Promise.all(looking)
  await other.end()
})

test('a work that swallows the error of a statement is rolled back with that error', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE swallowed (n int PRIMARY KEY)', []))
  const work = store.transaction(async (tx) => {
    await tx.query('INSERT INTO swallowed VALUES (1)', [])
    await tx.query('INSERT INTO swallowed VALUES (1)', []).catch(() => {})
  })
  const behind = store.transaction((tx) => tx.query('INSERT INTO swallowed VALUES (2)', []))
  await assert.rejects(work, (error) => error instanceof Error && 'code' in error && error.code === '23505')
  await behind
  assert.deepEqual(await store.read((tx) => tx.query('SELECT n FROM swallowed', [])), [{ n: 2 }])
})

test('a work goes on behind a statement that failed when it rolls back to a savepoint of its own', {
  timeout,
}, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE saved (n int PRIMARY KEY)', []))
  const insert = (tx: Tx, n: number) => tx.query('INSERT INTO saved VALUES ($1)', [n])
  const goesOn = store.transaction(async (tx) => {
    await insert(tx, 1)
    await tx.query('SAVEPOINT mine', [])
    await insert(tx, 2)
    await insert(tx, 1).catch(() => {})
    await tx.query('ROLLBACK TO mine', [])
    await insert(tx, 3)
  })
  const atOnce = store.transaction((tx) =>
    Promise.all([
      insert(tx, 4),
      tx.query('SAVEPOINT mine', []),
      insert(tx, 4).catch(() => {}),
      tx.query('/* as it was */ rollback work to savepoint mine', []),
    ]),
  )
  const failsBehind = store.transaction(async (tx) => {
    await tx.query('SAVEPOINT mine', [])
    await tx.query('SELECT 1 / 0', []).catch(() => {})
    await tx.query('ROLLBACK TO mine', [])
    await insert(tx, 5)
    await insert(tx, 5).catch(() => {})
  })
  const refusedBehind = store.transaction(async (tx) => {
    await insert(tx, 6)
    await tx.query('SAVEPOINT mine', [])
    await Promise.all([tx.query('ROLLBACK TO mine', []), tx.query('SELECT $1', [Number.NaN]).catch(() => {})])
  })
  const [, , behind, refused] = await Promise.allSettled([goesOn, atOnce, failsBehind, refusedBehind])
  assert.ok(behind.status === 'rejected' && behind.reason.code === '23505')
  assert.ok(refused.status === 'rejected' && hasCode(refused.reason, 'SQL_VALUE'))
  const rows = await store.read((tx) => tx.query('SELECT n FROM saved ORDER BY n', []))
  assert.deepEqual(
    rows.map(({ n }) => n),
    [1, 3, 4],
  )
})

test('a lock that another keeps is waited for alone, whatever the work rolls back to', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using one = await openPostgresStore(database.url)
  await using other = await openPostgresStore(database.url)
  await one.transaction((tx) => tx.query('CREATE TABLE kept (n int)', []))
  const locked = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const keeping = other.transaction(async (tx) => {
    await tx.query('LOCK TABLE kept', [])
    locked.resolve()
    await ended.promise
  })
  await locked.promise
  let calls = 0
  await one.transaction(async (tx) => {
    calls += 1
    if (calls === 2) ended.resolve()
    await tx.query('SAVEPOINT mine', [])
    await tx.query('INSERT INTO kept VALUES (1)', []).catch(() => tx.query('ROLLBACK TO mine', []))
  })
  await keeping
  assert.deepEqual(await one.read((tx) => tx.query('SELECT n FROM kept', [])), [{ n: 1 }])
})

test('a write in a read, and a statement that ends a transaction, are refused', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE guarded (n int)', []))
  const write = store.read((tx) => tx.query('INSERT INTO guarded VALUES (1)', []))
  await assert.rejects(write, (error) => hasCode(error, 'SQL_STATEMENT'))
  const end = store.transaction((tx) => tx.query('COMMIT', []))
  await assert.rejects(end, (error) => hasCode(error, 'SQL_STATEMENT'))
  await store.transaction((tx) => tx.query('INSERT INTO guarded VALUES (2)', []))
  assert.deepEqual(await store.read((tx) => tx.query('SELECT n FROM guarded', [])), [{ n: 2 }])
})

test('a prepared statement goes on when its table has changed', { timeout }, async () => {
  await using database = await scratchDatabase(server)
  await using store = await openPostgresStore(database.url)
  await store.transaction((tx) => tx.query('CREATE TABLE changing (n int)', []))
  const look = (): Promise<unknown> => store.transaction((tx) => tx.query('SELECT * FROM changing', []))
  for (let i = 0; i < 8; i += 1) await look()
  await store.transaction((tx) => tx.query("ALTER TABLE changing ADD COLUMN v text DEFAULT 'new'", []))
  await store.transaction((tx) => tx.query('INSERT INTO changing VALUES (1)', []))
  assert.deepEqual(await look(), [{ n: 1, v: 'new' }])
})

interface Flood {
  /** The numbers whose transaction resolved. */
  readonly kept: number[]
  /** The numbers whose transaction certainly did not commit. */
  readonly lost: number[]
  mark: number
  stop(): Promise<void>
}

/** Ten callers, each of which writes two rows of one number in a work, and the next when that is answered. */
async function startFlood(store: Store): Promise<Flood> {
  await store.transaction((tx) => tx.query('CREATE TABLE flood (n int)', []))
  const flood = { kept: [] as number[], lost: [] as number[], mark: 0 }
  let next = 0
  let stopped = false
  const caller = async (): Promise<void> => {
    while (!stopped) {
      next += 1
      const n = next
      await store
        .transaction(async (tx) => {
          await tx.query('INSERT INTO flood VALUES ($1)', [n])
          await tx.query('INSERT INTO flood VALUES ($1)', [n])
        })
        .then(
          () => void flood.kept.push(n),
          (error) => {
            if (hasCode(error, 'COMMIT_UNKNOWN')) return
            // A machine that has much else to do may be slow.
            assert.ok(hasCode(error, 'TX_LOST', 'LOCK_TIMEOUT', 'TX_TOO_SLOW'), String(error))
            flood.lost.push(n)
          },
        )
    }
  }
  const callers = Promise.all(Array.from({ length: 10 }, caller))
  return Object.assign(flood, {
    async stop() {
      stopped = true
      await callers
    },
  })
}

async function assertAccount(url: string, { kept, lost }: Flood): Promise<void> {
  const rows = await command(url, 'SELECT n, count(*)::int AS rows FROM flood WHERE n > 0 GROUP BY n')
  const counts = new Map(rows.map(({ n, rows }) => [n, rows]))
  assert.deepEqual(
    [...counts.values()].filter((rows) => rows !== 2),
    [],
  )
  assert.deepEqual(
    kept.filter((n) => !counts.has(n)),
    [],
  )
  assert.deepEqual(
    lost.filter((n) => counts.has(n)),
    [],
  )
}

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await fact()); await sleep(5)) {
    assert.ok(performance.now() < end, `after 60 s it is still not so: ${fact}`)
  }
}
