/** A program: a service of ours that answers `/films` and `/users`, at the port that its first argument names. */
import { createHttp, run } from '@vestnik/service'
import { pino } from 'pino'

const log = pino({ level: 'silent' })
const http = createHttp({ log, health: async () => ({ judged: {}, reported: {} }) })
http.get('/films', async () => ({ items: [] }))
http.post('/users', async () => ({ id: 1 }))
const port = Number(process.argv[2])
setTimeout(() => process.exit(1), 60_000).unref()
await run({ http, host: '127.0.0.1', port, log, drain: async () => {} })
process.exit(0)
