/** Who may run at once: many handlers together, or one alone. So that a message that kills its process kills no other. */

export interface Gate {
  /** Runs beside others, never beside one that is alone. */
  shared<R>(work: () => Promise<R>): Promise<R>
  /** Waits until nothing runs, and lets nothing start until it ends. */
  alone<R>(work: () => Promise<R>): Promise<R>
  /** Somebody is alone, or waits to be. What runs beside others and could go on gives way. */
  isWanted(): boolean
}

export function createGate(): Gate {
  let running = 0
  let closed = false
  let opened: (() => void)[] = []
  let emptied = () => {}

  const leave = () => {
    running -= 1
    if (running === 0) emptied()
  }
  const waitOpen = () => new Promise<void>((resolve) => opened.push(resolve))
  const open = () => {
    closed = false
    const waiting = opened
    opened = []
    for (const resolve of waiting) resolve()
  }

  return {
    isWanted: () => closed,
    async shared(work) {
      while (closed) await waitOpen()
      running += 1
      try {
        return await work()
      } finally {
        leave()
      }
    },
    async alone(work) {
      while (closed) await waitOpen()
      closed = true
      try {
        if (running > 0) await new Promise<void>((resolve) => (emptied = resolve))
        return await work()
      } finally {
        open()
      }
    },
  }
}
