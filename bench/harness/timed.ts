/** How fast so many messages went, and how much processor time each of them cost this process. */

export interface Timed {
  readonly perSecond: number
  readonly cpuUs: number
}

/** Call it at the first message; what it answers, at the last one. */
export function startTimer(): (count: number) => Timed {
  const before = performance.now()
  const used = process.cpuUsage()
  return (count) => {
    const perSecond = (count / (performance.now() - before)) * 1000
    const { user, system } = process.cpuUsage(used)
    return { perSecond, cpuUs: (user + system) / count }
  }
}

/** Times work on so many messages. */
export async function timed(count: number, work: () => Promise<unknown>): Promise<Timed> {
  const stop = startTimer()
  await work()
  return stop(count)
}
