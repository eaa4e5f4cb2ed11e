/** A store that knows whether anything is under way in it. */
import type { Store, Tx } from '@vestnik/bus'

/** `idle` is true while no transaction and no read is open. */
export function watchWork<T extends Tx>(store: Store<T>): { readonly store: Store<T>; readonly idle: () => boolean } {
  let open = 0
  const counted = async <R>(work: Promise<R>): Promise<R> => {
    open += 1
    try {
      return await work
    } finally {
      open -= 1
    }
  }
  return {
    idle: () => open === 0,
    store: {
      dialect: store.dialect,
      transaction: (work) => counted(store.transaction(work)),
      read: (work) => counted(store.read(work)),
      watch: (wake) => store.watch(wake),
      close: () => store.close(),
    },
  }
}
