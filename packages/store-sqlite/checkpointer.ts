/** The thread that copies the write-ahead log into the database, so that no caller's thread waits for the disk. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** What the thread is asked, and `done` of what it answers. */
export type Step = 'copy' | 'restart' | 'close'

export interface Answer {
  readonly step: Step
  /** All of the log is in the database and the log begins anew (`restart`). */
  readonly done: boolean
}

const db = new DatabaseSync(workerData.path, { timeout: 0 })
db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
db.exec(`PRAGMA journal_size_limit = ${workerData.keepBytes}`)

parentPort?.on('message', (step: Step) => {
  if (step === 'close') return leave()
  parentPort?.postMessage({ step, done: attempt(step === 'copy' ? copy : restart) } satisfies Answer)
})

function attempt(step: () => boolean): boolean {
  try {
    return step()
  } catch {
    return false // a locked file or a full disk: tried again when the log has grown further
  }
}

/** Copies what it can while others go on writing. */
function copy(): boolean {
  return db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()?.busy === 0
}

/** Copies the rest while nobody writes, and begins the log anew. */
function restart(): boolean {
  db.exec('PRAGMA busy_timeout = 50')
  try {
    if (db.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.busy !== 0) return false
    writeFirstFrame()
    return true
  } finally {
    db.exec('PRAGMA busy_timeout = 0')
  }
}

/** Whoever writes first into a log that begins anew also syncs its header: better here than on a caller's thread. */
function writeFirstFrame(): void {
  db.exec('BEGIN IMMEDIATE')
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  db.exec(`PRAGMA user_version = ${version}; COMMIT`)
}

function leave(): void {
  db.close()
  parentPort?.close()
}
