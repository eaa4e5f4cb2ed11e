/** Reports how long each way of syncing takes: by a callback, SQLite's own, and SQLite's in a worker thread. */
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { fsyncLatency } from '../harness/machine.ts'
import { readInput, report } from '../harness/program.ts'

if (isMainThread) {
  const { folder } = readInput<{ folder: string }>()
  const worker = new Worker(new URL(import.meta.url), { workerData: join(folder, 'worker.db') })
  const [inWorkerMs] = await once(worker, 'message')
  report({
    fdatasync: await fsyncLatency(folder),
    sqlite: commitMs(join(folder, 'probe.db')),
    sqliteInWorker: inWorkerMs,
  })
} else {
  parentPort?.postMessage(commitMs(workerData))
}

function commitMs(path: string): number {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (a); INSERT INTO t VALUES (1)')
  const before = performance.now()
  db.exec('INSERT INTO t VALUES (2)')
  const took = performance.now() - before
  db.close()
  return took
}
