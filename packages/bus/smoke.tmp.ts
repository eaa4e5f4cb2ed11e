import { contract, on, effect, openBus, permanent } from '/work/main/packages/bus/index.ts'
import { openSqliteStore } from '/work/main/packages/store-sqlite/index.ts'
import { memoryTransport } from '/work/main/packages/testing/memory-transport.ts'
import { z } from 'zod'
const c = contract('user.loggedIn', { schema: z.object({ userId: z.int() }), key: (p: {userId:number}) => String(p.userId), groups: ['gateway', 'greeter', 'fails'], retry: { attempts: 2, firstDelayMs: 20 } })
const store = await openSqliteStore(process.argv[2] ?? ':memory:')
await store.transaction(tx => tx.query('CREATE TABLE IF NOT EXISTS logins (userId INTEGER, n INTEGER)', []))
const transport = memoryTransport()
let n = 0, e = 0
const bus = await openBus({ service: 'x', store, transport, handlers: [
  on(c, 'gateway', async (p, { tx }) => { await tx.query('INSERT INTO logins VALUES (?, ?)', [p.userId, 1]); n++ }),
  effect(c, 'greeter', async (p, ctx) => { e++ }),
  on(c, 'fails', async (p) => { if (p.userId % 100 === 0) throw p.userId % 200 === 0 ? permanent('no') : new Error('flaky') }),
] , log: console.error})
const N = 2000
console.time('publish')
await Promise.all(Array.from({ length: N }, (_, i) => store.transaction(tx => bus.publish(tx, c, { userId: i % 1000 }))))
console.timeEnd('publish')
console.time('settled')
await bus.settled()
console.timeEnd('settled')
console.log({ n, e }, await store.read(tx => tx.query('SELECT topic, grp, state, reason, count(*) n FROM vestnik_inbox GROUP BY 1,2,3,4', [])), await store.read(tx => tx.query('SELECT count(*) n FROM logins', [])))
console.log((await bus.operations.listDead({ limit: 1 })))
const [d] = await bus.operations.listDead()
await bus.operations.drop(d!, { who: 'me', revision: d!.revision })
console.log(bus.health(), await bus.operations.history())
await bus.close(); await transport.close(); await store.close()
