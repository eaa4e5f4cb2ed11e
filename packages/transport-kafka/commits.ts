/** Commits of one member: one at a time, of all partitions that have something to say. */
import { setTimeout as sleep } from 'node:timers/promises'
import { whyOf } from './failures.ts'
import type { Share, ShareCommit } from './share.ts'

export interface Commits {
  /** Something has ended: it is committed within the pace. */
  soon(share: Share): void
  /** Something waits for the commit. */
  now(share: Share): void
  /** Resolves when what has ended by now is committed, or when the member is over. */
  flush(share: Share): Promise<void>
  /** Why nothing is committed for some seconds already: without commits nothing new is handed out. */
  trouble(): string | undefined
  end(): void
}

/** Rejects when nothing was committed; answers what was not, and why. */
export type SendCommits = (commits: ReadonlyMap<Share, ShareCommit>) => Promise<ReadonlyMap<Share, string>>

interface Flush {
  readonly share: Share
  readonly resolve: () => void
}

const paceMs = 100
const againMs = 100
const toldAfterMs = 3000

export function startCommits(
  send: SendCommits,
  done: (share: Share, commit: ShareCommit) => void,
  tellAfterMs: number = toldAfterMs,
): Commits {
  const wanted = new Set<Share>()
  let flushes: Flush[] = []
  let underWay: Flush[] = []
  let timer: NodeJS.Timeout | undefined
  let isBusy = false
  let isUrgent = false
  let isOver = false
  let failure: { readonly since: number; readonly why: string } | undefined

  async function run(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (isBusy || isOver) return
    isBusy = true
    isUrgent = false
    // Where it is not known yet where to begin, there is nothing to say.
    const batch = new Map(
      [...wanted].filter((share) => !share.isOver && share.position() >= 0).map((share) => [share, share.commit()]),
    )
    underWay = flushes
    flushes = []
    wanted.clear()
    const failed = await sent(batch)
    for (const [share, commit] of batch) {
      if (failed.has(share)) wanted.add(share)
      else if (!share.isOver) done(share, commit)
    }
    for (const waiter of underWay) {
      if (failed.has(waiter.share) && !isOver) flushes.push(waiter)
      else waiter.resolve()
    }
    if (failed.size > 0) await sleep(againMs)
    isBusy = false
    if (isOver) for (const { resolve } of flushes) resolve()
    else if (isUrgent || flushes.length > 0) void run()
    else if (wanted.size > 0) schedule()
  }

  async function sent(batch: ReadonlyMap<Share, ShareCommit>): Promise<ReadonlyMap<Share, string>> {
    if (batch.size === 0) {
      failure = undefined
      return new Map()
    }
    const failed = await send(batch).catch((error: unknown) => {
      const why = whyOf(error)
      return new Map([...batch.keys()].map((share) => [share, why]))
    })
    const [why] = failed.values()
    failure = why === undefined ? undefined : { since: failure?.since ?? performance.now(), why }
    return failed
  }

  function schedule(): void {
    timer ??= setTimeout(run, paceMs)
  }

  function now(share: Share): void {
    wanted.add(share)
    if (isUrgent) return
    isUrgent = true
    // What is asked for in the same turn goes along.
    setImmediate(run)
  }

  return {
    soon(share) {
      wanted.add(share)
      if (!isBusy) schedule()
    },
    now,
    flush(share) {
      if (isOver) return Promise.resolve()
      return new Promise((resolve) => {
        flushes.push({ share, resolve })
        now(share)
      })
    },
    trouble() {
      if (!failure || performance.now() - failure.since < tellAfterMs) return undefined
      return `what has ended is not committed: ${failure.why}`
    },
    end() {
      isOver = true
      clearTimeout(timer)
      for (const { resolve } of [...flushes, ...underWay]) resolve()
    },
  }
}
