/** Who wants to know of commits. Our own are told at once, those of others are notified, and a slow poll is the net. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from './connection.ts'

export interface Watches {
  add(wake: () => void): () => void
  /** A commit of our own changed something: others are told, if nobody watches here on this connection. */
  changed(connection: Connection): void
  close(): Promise<void>
}

export interface WatchOptions {
  /** The name under which stores on this schema notify each other. */
  readonly channel: string
  readonly pollMs: number
  readonly connect: () => Promise<Connection>
}

/** So often at most others are told: each notification costs the server a transaction, and who was told looks at all. */
const tellMs = 20
const firstPauseMs = 100
const longestPauseMs = 2_000

export function watching({ channel, pollMs, connect }: WatchOptions): Watches {
  const wakes = new Set<() => void>()
  /** The server's processes that notify for us. */
  const own = new Set<number>()
  let listening: AbortController | undefined
  let ended: Promise<void> = Promise.resolve()
  let closed = false
  /** The connection that listens. It has no transactions into which a late notification could fall. */
  let listener: Connection | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  let telling: NodeJS.Timeout | undefined

  const wake = (): void => {
    for (const each of [...wakes]) call(each)
  }

  /** Listens, and looks now and then, for as long as someone watches; a lost connection is made again. */
  async function listen(signal: AbortSignal): Promise<void> {
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const connection = await connect().catch(() => undefined)
      if (connection) {
        pauseMs = firstPauseMs
        await listenOn(connection, signal).catch(() => {})
        listener = undefined
        if (telling) tellOthers(connection)
        await connection.close()
      }
      await pause(pauseMs, signal)
    }
  }

  async function listenOn(connection: Connection, signal: AbortSignal): Promise<void> {
    connection.listen((processId) => {
      if (!own.has(processId)) wake()
    })
    await connection.command(`LISTEN ${channel}`)
    listener = connection
    let seen: unknown
    while (!signal.aborted && connection.lost() === undefined) {
      // It differs as soon as any transaction that wrote has ended: also one that nobody announced.
      const { rows } = await connection.command('SELECT pg_current_snapshot()::text AS snapshot')
      const now = rows[0]?.snapshot
      if (now !== seen) wake() // the first time too, as there may have been a gap
      seen = now
      await pause(pollMs, signal)
    }
  }

  function tellSoon(connection: Connection): void {
    if (telling) return
    const dueMs = toldAt + tellMs - performance.now()
    if (dueMs > 0) telling = setTimeout(() => tellOthers(connection), dueMs)
    else tellOthers(connection)
  }

  function tellOthers(connection: Connection): void {
    clearTimeout(telling)
    telling = undefined
    toldAt = performance.now()
    own.add(connection.processId)
    // After the commit and without its durability: it is a hint, and a commit that notifies holds up all others.
    connection.command(`SET LOCAL synchronous_commit = off; NOTIFY ${channel}`).catch(() => {})
  }

  return {
    add(given) {
      if (closed) return () => {}
      const each = (): void => given() // the same function may watch twice
      wakes.add(each)
      if (!listening) {
        const one = new AbortController()
        listening = one
        ended = ended.then(() => listen(one.signal))
      }
      return () => {
        if (!wakes.delete(each) || wakes.size > 0) return
        listening?.abort()
        listening = undefined
      }
    },
    changed(connection) {
      wake()
      if (listener) tellSoon(listener)
      else tellOthers(connection)
    },
    async close() {
      closed = true
      wakes.clear()
      listening?.abort()
      await ended
    },
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => {})

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
