/** A journal of what happened, in one order for all processes: each entry is one append to a shared file. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

export interface Journal<Entry> {
  /** Survives the death of this process when it returns. Does nothing after `close`. */
  note(entry: Entry): void
  /** Everything noted until now, by any process, in order. */
  entries(): readonly Entry[]
  close(): void
}

export function openJournal<Entry>(path: string): Journal<Entry> {
  const file = openSync(path, 'a+')
  const entries: Entry[] = []
  const chunk = Buffer.alloc(1 << 20)
  let rest = Buffer.alloc(0)
  let position = 0
  let closed = false
  return {
    note(entry) {
      if (!closed) writeSync(file, `${JSON.stringify(entry)}\n`)
    },
    entries() {
      for (;;) {
        const length = readSync(file, chunk, 0, chunk.length, position)
        if (length === 0) return entries
        position += length
        const text = Buffer.concat([rest, chunk.subarray(0, length)])
        const end = text.lastIndexOf('\n') + 1
        rest = text.subarray(end)
        for (const line of text.toString('utf8', 0, end).split('\n')) if (line) entries.push(JSON.parse(line))
      }
    },
    close() {
      closed = true
      closeSync(file)
    },
  }
}
