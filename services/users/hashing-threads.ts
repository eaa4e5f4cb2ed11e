/** Threads that hash passwords, apart from libuv's: those sync files and sign tokens, and nobody is to wait there for a hash. */
import type { Argon2Parameters } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Computes an argon2id hash. */
export type Derive = (parameters: Argon2Parameters) => Promise<Uint8Array>

export interface HashingThreads extends AsyncDisposable {
  readonly derive: Derive
}

/** How many are worth starting here: each takes some megabytes, and 19 MiB while it hashes. */
export const usefulThreads: number = Math.min(availableParallelism(), 4)

/** Starts so many threads; whoever asks for more hashes at once has more of them started. */
export function startHashingThreads(count: number): HashingThreads {
  const threads: Worker[] = []
  const idle = Array.from({ length: count }, start)

  function start(): Worker {
    const thread = new Worker(new URL('./hashing-thread.ts', import.meta.url))
    thread.unref()
    threads.push(thread)
    return thread
  }

  return {
    async derive(parameters) {
      const thread = idle.pop() ?? start()
      thread.ref()
      thread.postMessage(parameters)
      // Rejects when the thread ends by an error: then it is not used again.
      const [hash] = await once(thread, 'message')
      thread.unref()
      idle.push(thread)
      return hash as Uint8Array
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}
