/** Looks again until what was asked for has come, or time is up: a message may be just behind the request that needs it. */
import type { Store, Tx } from '@vestnik/bus'

/** The first answer that is enough, or the last one when `patienceMs` are over. It looks after each commit. */
export async function patiently<Answer>(
  store: Store,
  patienceMs: number,
  enough: (answer: Answer) => boolean,
  look: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  const first = await store.read(look)
  if (enough(first) || patienceMs <= 0) return first
  const deadline = AbortSignal.timeout(patienceMs)
  const commits = watchCommits(store, deadline)
  try {
    for (;;) {
      // Whether it is the last look is known before it: a commit at the deadline is still seen.
      const last = deadline.aborted
      const answer = await store.read(look)
      if (last || enough(answer)) return answer
      await commits.next()
    }
  } finally {
    commits.close()
  }
}

/** `next` resolves at the first commit since the last call, or at the deadline. */
function watchCommits(store: Store, deadline: AbortSignal): { next(): Promise<void>; close(): void } {
  let came = Promise.withResolvers<void>()
  const wake = () => came.resolve()
  const unwatch = store.watch(wake)
  deadline.addEventListener('abort', wake)
  return {
    async next() {
      await came.promise
      came = Promise.withResolvers()
      if (deadline.aborted) came.resolve()
    },
    close() {
      unwatch()
      deadline.removeEventListener('abort', wake)
    },
  }
}
