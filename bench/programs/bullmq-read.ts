/** A BullMQ worker of concurrency 100 that reads the data of each job, and reports when the last of them came. */
import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Payload } from '../harness/messages.ts'
import { now, parentDone, readInput, report } from '../harness/program.ts'

const { socket, warm, count } = readInput<{ socket: string; warm: number; count: number }>()
const connection = new Redis(socket, { maxRetriesPerRequest: null })

let seen = 0
let sum = 0
const worker = new Worker<Payload>(
  'orders',
  async ({ data }) => {
    sum += data.n
    seen += 1
    if (seen === warm || seen === warm + count) report({ at: now(), sum })
  },
  { connection, concurrency: 100 },
)
await worker.waitUntilReady()
report({ at: now() })
await parentDone
await worker.close()
connection.disconnect()
