/** Waits for a fact. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Rejects with what was waited for, and what was there instead, when it does not come in time. */
export async function until(
  what: string,
  fact: () => boolean | Promise<boolean>,
  withinMs: number = 60_000,
  instead: () => unknown = () => '',
): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await fact())) {
    if (performance.now() > end) {
      throw new Error(`waited ${withinMs} ms until ${what}; there was: ${JSON.stringify(instead(), undefined, 1)}`)
    }
    await sleep(20)
  }
}
