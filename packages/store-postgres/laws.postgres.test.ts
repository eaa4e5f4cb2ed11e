/** The store keeps every law of stores on a real server, in one process and in several. */
import { after } from 'node:test'
import { storeConformance } from '@vestnik/conformance'
import { command, scratchDatabase, sharedPostgres } from '../../tools/databases/postgres.ts'
import { openPostgresStore } from './index.ts'
import { through } from './laws.fixture.ts'
import { openCuttingProxy } from './unknown.fixture.ts'

const server = await sharedPostgres()
const database = await scratchDatabase(server)
const proxy = await openCuttingProxy(Number(new URL(database.url).port || 5432))
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
const schema = 'laws'

/** Every commit to a table of this schema that is made from now on is refused, as on a full disk. */
const refusing = `
  CREATE FUNCTION laws.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$`

storeConformance({
  name: 'store-postgres',
  patienceMs: 20_000,
  open: {
    module: new URL('./laws.fixture.ts', import.meta.url).href,
    export: 'openForLaws',
    argument: { url: database.url, schema },
  },
  async unknownCommits() {
    const store = await openPostgresStore(through(database.url, proxy.port), { schema })
    proxy.commits('cut after')
    return store
  },
  async failedCommits() {
    await command(database.url, refusing)
    const tables = await command(
      database.url,
      "SELECT relname FROM pg_class WHERE relnamespace = 'laws'::regnamespace AND relkind = 'r'",
    )
    for (const { relname } of tables) {
      await command(
        database.url,
        `CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON laws.${relname} DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION laws.refuse()`,
      )
    }
    return openPostgresStore(database.url, { schema })
  },
})
