/** Inserts messages into a table, so many a commit, and reports the rate. */
import { join } from 'node:path'
import { openRawLog, rawRow } from '../by-hand/raw-log.ts'
import { message } from '../harness/messages.ts'
import { readInput, report } from '../harness/program.ts'

const { folder, count, perCommit } = readInput<{ folder: string; count: number; perCommit: number }>()
const log = openRawLog(join(folder, 'raw.db'))

insertAll(Math.min(count, 20_000))
const rows = makeRows(count)
const before = performance.now()
for (let i = 0; i < rows.length; i += perCommit) log.insert(rows.slice(i, i + perCommit))
report({ perSecond: (count / (performance.now() - before)) * 1000 })
log.close()

/** Warms up. */
function insertAll(warm: number): void {
  const some = makeRows(Math.min(warm, 100 * perCommit))
  for (let i = 0; i < some.length; i += perCommit) log.insert(some.slice(i, i + perCommit))
}

function makeRows(n: number): ReturnType<typeof rawRow>[] {
  return Array.from({ length: n }, (_, i) => rawRow(message(i), i))
}
