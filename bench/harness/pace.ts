/** Calls at a steady rate that does not wait for the calls (an open loop). */
import { setTimeout as sleep } from 'node:timers/promises'

/** Starts `work` with 0, 1, 2 … at so many a second, for so many seconds; resolves when all of it has ended. */
export async function pace(perSecond: number, seconds: number, work: (n: number) => unknown): Promise<void> {
  const count = Math.round(perSecond * seconds)
  const started = performance.now()
  const running: unknown[] = []
  while (running.length < count || performance.now() - started < seconds * 1000) {
    const due = Math.min(count, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1)
    while (running.length < due) running.push(work(running.length))
    await sleep(1)
  }
  await Promise.all(running)
}
