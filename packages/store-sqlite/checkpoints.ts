/** Keeps the write-ahead log short: a thread of its own copies it into the database when it has grown. */
import { Worker } from 'node:worker_threads'
import type { Answer, Step } from './checkpointer.ts'
import type { Connection } from './connection.ts'

export interface Checkpoints {
  /** To be called between two commits. The next one waits while the log begins anew. */
  turn(): Promise<void> | undefined
  close(): Promise<void>
}

/** @param pages of the log that are not yet due */
export function checkpoints(connection: Connection, path: string, pages: number): Checkpoints {
  const measure = connection.db.prepare('PRAGMA wal_checkpoint(NOOP)')
  const keepBytes = 8 * pages * 4096
  let thread: Worker | undefined
  let busy = false
  let closing = false
  let due = pages
  let size = 0
  let held: PromiseWithResolvers<void> | undefined

  function grown(): boolean {
    try {
      size = Number(measure.get()?.log)
      return size > due
    } catch {
      return false // the next commit tells what is wrong with the file
    }
  }

  function ask(step: Step): void {
    if (!thread) {
      // No flag of this process is meant for the thread: a small program may have been started with --eval or --test.
      thread = new Worker(new URL('./checkpointer.ts', import.meta.url), {
        workerData: { path, keepBytes },
        execArgv: [],
      })
      thread.on('message', answered).on('error', lost).unref()
    }
    busy = true
    thread.postMessage(step)
  }

  function answered({ step, done }: Answer): void {
    if (step === 'copy' && done && !closing) {
      held = Promise.withResolvers()
      thread?.ref() // works wait for it: the process must not end meanwhile
      ask('restart')
    } else rest(step === 'restart' && done)
  }

  function rest(done: boolean): void {
    busy = false
    // A long read keeps the log: it is tried again when it has grown by half, not after each commit.
    due = done ? pages : Math.max(pages, size * 1.5)
    held?.resolve()
    held = undefined
    if (!closing) thread?.unref() // a close waits for its end
  }

  function lost(error: unknown): void {
    thread = undefined
    rest(false)
    process.emitWarning(`checkpoint of ${path}: ${String(error)}`)
  }

  return {
    turn() {
      if (!busy && grown()) ask('copy')
      return held?.promise
    },
    async close() {
      if (!thread) return
      closing = true
      const gone = new Promise((resolve) => thread?.once('exit', resolve))
      thread.ref()
      thread.postMessage('close' satisfies Step)
      await gone
    },
  }
}
