/** Marking: what the broker holds leaves the outbox beside the work of the relay; until then it is in no later batch. */
import type { Published } from './publish-batch.ts'

export interface Marker {
  /** The one before must have ended. */
  mark(published: Published): void
  /** Of what the broker holds and the table still has as new. */
  positions(): readonly number[]
  /** Throws, once, why something could not be marked: it is sent again. */
  check(): void
  /** Resolves when nothing is being marked any more. Rejects as `check` throws. */
  ended(): Promise<void>
}

/** `failed` is called when something could not be marked, so that somebody checks. */
export function createMarker(mark: (published: Published) => Promise<void>, failed: () => void): Marker {
  let marking: { readonly positions: readonly number[]; readonly ended: Promise<void> } | undefined
  let failure: { readonly why: unknown } | undefined

  function check(): void {
    if (failure === undefined) return
    const { why } = failure
    failure = undefined
    throw why
  }

  return {
    mark(published) {
      const ended = mark(published)
        .catch((why: unknown) => {
          failure = { why }
          failed()
        })
        .finally(() => {
          marking = undefined
        })
      marking = { positions: published.batch.map(({ pos }) => pos), ended }
    },
    positions: () => marking?.positions ?? [],
    check,
    async ended() {
      await marking?.ended
      check()
    },
  }
}
