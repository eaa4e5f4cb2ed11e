/** Waiting for facts, with an end to every patience. */
import { AssertionError } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** As the promise, but rejects with an AssertionError when it has not settled after the time. */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const patience = new AbortController()
  const late = sleep(ms, undefined, { signal: patience.signal }).then(() => {
    throw new AssertionError({ message: `${what}: not settled after ${ms} ms` })
  })
  late.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    patience.abort()
  }
}

/** Resolves when the fact holds; rejects with an AssertionError when it does not within the time. */
export async function until(ms: number, what: string, fact: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + ms
  for (let pauseMs = 2; !(await fact()); pauseMs = Math.min(pauseMs * 1.5, 50)) {
    if (performance.now() > end) throw new AssertionError({ message: `waited ${ms} ms for ${what}` })
    await sleep(pauseMs)
  }
}
