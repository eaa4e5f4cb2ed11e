/** Waits until every service says that it is ready. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Placed } from './ports.ts'

const pollMs = 40
const impatientMs = 10_000

/** Resolves when all are ready, or nobody waits any more. What takes long is said, and waited for. */
export async function untilReady(
  placed: readonly Placed[],
  notice: (text: string) => void,
  givenUp?: AbortSignal,
): Promise<void> {
  await Promise.all(placed.map((one) => untilOneReady(one, notice, givenUp)))
}

async function untilOneReady(
  { name, url }: Placed,
  notice: (text: string) => void,
  givenUp: AbortSignal | undefined,
): Promise<void> {
  const startedAt = performance.now()
  let patient = true
  while (!givenUp?.aborted && !(await isReady(url))) {
    await sleep(pollMs)
    if (!patient || performance.now() - startedAt < impatientMs) continue
    patient = false
    notice(`${name} is not ready after ${impatientMs / 1000} s; see ${url}/readyz`)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
