/** Taking the file's one write lock: tried again with jitter, as SQLite's own waiting blocks the thread and is unfair. */
import { setTimeout } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { isBusy, notCommitted } from './failures.ts'
import type { Queue } from './queue.ts'
import { failed } from './work.ts'

/** @returns a function that begins a transaction for what is queued; false when all who waited were refused */
export function writeLock(path: string, connection: Connection, queue: Queue, lockMs: number): () => Promise<boolean> {
  const begin = connection.db.prepare('BEGIN IMMEDIATE')

  return async () => {
    const since = performance.now()
    for (;;) {
      try {
        begin.get()
        return true
      } catch (error) {
        if (isBusy(error)) refuseExpired(since, error)
        else for (const job of queue.clear()) job.settle(failed(notCommitted(path, error)))
      }
      if (!queue.peek()) return false
      await pause()
    }
  }

  /** Each work waits its own time for the lock, whoever was there before it. */
  function refuseExpired(since: number, error: unknown): void {
    const now = performance.now()
    for (let job = queue.peek(); job && now - Math.max(since, job.at) >= lockMs; job = queue.peek()) {
      queue.take()
      job.settle(failed(notCommitted(path, error)))
    }
  }
}

/** What a locked file is tried again after: short, and never in step with another process. */
export const pause = (): Promise<void> => setTimeout(1 + Math.random())
