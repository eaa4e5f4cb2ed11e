/** Who wants to know of commits. Our own are told at once; those of other processes are found by a slow poll. */

export interface Watches {
  add(wake: () => void): () => void
  /** Calls everyone. */
  wake(): void
  close(): void
}

/** @param foreign a number that changes with every commit by another connection */
export function watching(foreign: () => number, pollMs: number): Watches {
  const wakes = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let seen = 0
  let closed = false

  const wake = (): void => {
    for (const each of [...wakes]) call(each)
  }
  const poll = (): void => {
    const now = foreign()
    if (now === seen) return
    seen = now
    wake()
  }
  const rest = (): void => {
    clearInterval(timer)
    timer = undefined
  }

  return {
    add(given) {
      if (closed) return () => {}
      const own = (): void => given() // the same function may watch twice
      if (wakes.size === 0) {
        seen = foreign()
        timer = setInterval(poll, pollMs).unref()
      }
      wakes.add(own)
      return () => {
        if (wakes.delete(own) && wakes.size === 0) rest()
      }
    },
    wake,
    close() {
      closed = true
      wakes.clear()
      rest()
    },
  }
}

/** A watcher that throws ends the process as any other mistake does, but not in the middle of a commit. */
function call(wake: () => void): void {
  try {
    wake()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
