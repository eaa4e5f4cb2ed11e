/** Adds jobs to a BullMQ queue: first to warm up, then, when told, what is measured. */
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { callers } from '../harness/callers.ts'
import { payload } from '../harness/messages.ts'
import { go, now, readInput, report } from '../harness/program.ts'

/** In batches of 200, BullMQ's own way to be fast: one call, one script for each, one sync for many. */
const batch = 200

const { socket, warm, count } = readInput<{ socket: string; warm: number; count: number }>()
const connection = new Redis(socket, { maxRetriesPerRequest: null })
const queue = new Queue('orders', { connection, defaultJobOptions: { removeOnComplete: true } })
await queue.waitUntilReady()

report({ at: now() })
await go()
await add(warm)
report({ at: now() })
await go()
const before = now()
await add(count)
report({ from: before, at: now() })
await queue.close()
connection.disconnect()

async function add(n: number): Promise<void> {
  await callers(2, 0, Math.ceil(n / batch), (b) => queue.addBulk(jobs(b * batch, Math.min(n, (b + 1) * batch))))
}

function jobs(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => ({ name: 'order.placed', data: payload(from + i) }))
}
