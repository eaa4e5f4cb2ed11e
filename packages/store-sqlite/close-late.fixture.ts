/** A program whose only work left is the close of its checkpoints, while somebody else keeps the log from being copied. */
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { checkpoints } from './checkpoints.ts'
import { connect } from './connection.ts'

/** Copies a log, and waits for a reader that does not end: meanwhile nobody else can copy it. */
const slowCopy = `
  const { DatabaseSync } = require('node:sqlite')
  const { parentPort, workerData } = require('node:worker_threads')
  const reader = new DatabaseSync(workerData)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM mark').get()
  const copier = new DatabaseSync(workerData, { timeout: 3000 })
  copier.exec("INSERT INTO mark VALUES ('x')")
  parentPort.postMessage('copying')
  copier.exec('PRAGMA wal_checkpoint(RESTART)')
`

const [, , own = '', path = ''] = process.argv
const connection = connect(own, { readOnly: false })
connection.db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE mark (text)')
const other = new DatabaseSync(path)
other.exec('PRAGMA journal_mode = WAL; CREATE TABLE mark (text)')
const copying = new Worker(slowCopy, { eval: true, execArgv: [], workerData: path })
await once(copying, 'message')
// From here on only the close keeps this process up.
copying.unref()
const kept = checkpoints(connection, path, 1)
void kept.turn()
await kept.close()
console.log('closed')
process.exit(0)
