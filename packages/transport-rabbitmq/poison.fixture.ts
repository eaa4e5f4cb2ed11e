/** A service whose handler is killed by one of its messages. Tells its parent what took effect. */
import { contract, on, openBus } from '@vestnik/bus'
import { openSqliteStore } from '@vestnik/store-sqlite'
import { z } from 'zod'
import { openRabbitTransport } from './index.ts'

const [url = '', topic = '', file = ''] = process.argv.slice(2)
const store = await openSqliteStore(file)
await store.transaction((tx) => tx.query('CREATE TABLE IF NOT EXISTS effects (name TEXT)', []))
const words = contract(topic, { schema: z.string(), key: (word) => word, groups: ['readers'], partitions: 2 })
const keep = on(words, 'readers', async (word, { tx }) => {
  if (word === 'poison') process.kill(process.pid, 'SIGKILL')
  await tx.query('INSERT INTO effects (name) VALUES (?)', [word])
})
const transport = await openRabbitTransport(url, { settleMs: 0 })
const bus = await openBus({ service: 'reader', store, transport, handlers: [keep], log: () => {} })
process.on('disconnect', () => process.exit())
setInterval(async () => {
  const rows = await store.read((tx) => tx.query('SELECT name FROM effects', []))
  const dead = await bus.operations.listDead()
  process.send?.({ effects: rows.map(({ name }) => name), dead: dead.map(({ reason }) => reason) })
}, 100)
