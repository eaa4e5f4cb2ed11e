/** A process that only relays: its broker is a table, into which it writes what it publishes, with its own name. */
import { openPostgresStore } from '@vestnik/store-postgres'
import { Client } from 'pg'
import { openBus } from '../open-bus.ts'
import { handTransport, noteContract } from './by-hand.ts'

const [url = '', name = ''] = process.argv.slice(2)
const broker = new Client(url)
await broker.connect()
const store = await openPostgresStore(url)
const transport = handTransport()
transport.answer = async (messages) => {
  const rows = messages.map(({ id, key, body }) => ({ id, key, n: JSON.parse(new TextDecoder().decode(body)).n }))
  await broker.query(
    `INSERT INTO log (id, key, n, by) SELECT id, key, n, $2 FROM json_to_recordset($1) AS t (id TEXT, key TEXT, n INTEGER)`,
    [JSON.stringify(rows), name],
  )
}
await openBus({ service: 'notes', store, transport, publishes: [noteContract()], log: () => {} })
process.send?.('open')
