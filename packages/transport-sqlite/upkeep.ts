/** Keeps the file small: deletes what every group has handled, gives space back after a spike, bounds the log of writes. */
import { statSync } from 'node:fs'
import type { CrashPoint } from './crash.ts'
import type { BrokerFile } from './file.ts'
import { logOf } from './topology.ts'

export interface Upkeep {
  /** Inside a write transaction: deletes a little of what all groups have handled, when it is time. */
  trim(topic: { readonly no: number }): void
  /** Outside one, now and then: gives free pages back, and lets the write-ahead log begin anew. */
  tidy(): void
}

const trimMs = 40
/** A step of this size takes about a millisecond. */
const trimRows = 4000
const tidyMs = 500
const freePages = 2000
const vacuumPages = 500
const vacuumMs = 30
const pageBytes = 4096
const slackBytes = 1024 * 1024
const longestWalBytes = 64 * 1024 * 1024

export function createUpkeep(file: BrokerFile, path: string, crash: (point: CrashPoint) => void): Upkeep {
  const trimmed = new Map<number, number>()
  let tidied = 0

  function isSparse(pages: number): boolean {
    const free = file.number('pragma freelist_count') ?? 0
    return free > freePages && free * 2 > pages
  }

  return {
    trim(topic) {
      const now = Date.now()
      if (now < (trimmed.get(topic.no) ?? 0) + trimMs) return
      const low = file.number('select min(low) from shard where topic = ?', topic.no)
      const first = file.number(`select min(id) from ${logOf(topic)}`)
      const done = low === undefined || first === undefined || first > low
      if (!done) {
        file.run(`delete from ${logOf(topic)} where id <= ?`, Math.min(low, first + trimRows - 1))
        crash('trim.begun')
      }
      // While a lot is left, every transaction deletes some.
      trimmed.set(topic.no, done || low < first + trimRows ? now : 0)
    },
    tidy() {
      const now = Date.now()
      if (now < tidied + tidyMs) return
      tidied = now
      try {
        let pages = file.number('pragma page_count') ?? 0
        while (isSparse(pages) && Date.now() < now + vacuumMs) {
          file.db.exec(`pragma incremental_vacuum(${vacuumPages})`)
          pages = file.number('pragma page_count') ?? 0
        }
        // Only a checkpoint makes the file itself shorter.
        if (sizeOf(path) > pages * pageBytes + slackBytes) file.db.exec('pragma wal_checkpoint(passive)')
        if (sizeOf(`${path}-wal`) > longestWalBytes) file.db.exec('pragma wal_checkpoint(restart)')
      } catch {
        // Another process is writing, or the disk is full: both are seen, and told, where messages are written.
      }
    },
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
