/** A process that a law may kill without a process of its own: what a dead one awaits never comes, what it committed stays. */
import type { CrashPoint, Deliver, Ports, Store, Transport } from '@vestnik/bus'

export interface Mortal {
  readonly isDead: () => boolean
  /** Dies at the next hit of one of these points, when the guard holds. */
  dieAt(points: CrashPoint | readonly CrashPoint[], guard?: () => boolean): void
  /** Dies now. Its broker gives what it had to others. */
  die(): void
  readonly ports: (own: Ports) => Ports
  readonly store: (own: Store) => Store
  readonly transport: (own: Transport) => Transport
}

/** Thrown out of a crash point: whoever catches it is dead and can do no harm. */
class Killed extends Error {}

const never = new Promise<never>(() => {})

export function mortal(): Mortal {
  const end = new AbortController()
  let dead = false
  let fatal: { readonly points: readonly CrashPoint[]; readonly guard: () => boolean } | undefined
  let leave = () => {}

  const die = () => {
    if (!dead) leave()
    dead = true
    end.abort()
  }
  const alive = async <R>(result: Promise<R>): Promise<R> => {
    const settled = await result.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error
      },
    )
    return dead ? never : settled()
  }
  return {
    isDead: () => dead,
    die,
    dieAt(points, guard = () => true) {
      fatal = { points: [points].flat(), guard }
    },
    ports: (own) => ({
      ...own,
      // A dead one's timers are gone with it: nothing keeps the law's process up.
      sleep: (ms, signal) => alive(own.sleep(ms, AbortSignal.any([end.signal, ...(signal ? [signal] : [])]))),
      crash(point) {
        if (!dead && fatal?.points.includes(point) && fatal.guard()) die()
        if (dead) throw new Killed(`killed at ${point}`)
      },
    }),
    store: (own) => ({
      ...own,
      read: (work) => alive(own.read(work)),
      transaction: (work) =>
        alive(
          own.transaction(async (tx) => {
            const result = await work(tx)
            // A process that died inside its transaction has committed nothing.
            if (dead) throw new Killed('killed in a transaction')
            return result
          }),
        ),
    }),
    transport(own) {
      leave = () => void own.close()
      const living =
        (deliver: Deliver): Deliver =>
        (message, signal) =>
          alive(deliver(message, signal))
      return {
        ...own,
        publish: (messages) => alive(own.publish(messages)),
        subscribe: (group, deliver) => own.subscribe(group, living(deliver)),
      }
    },
  }
}
