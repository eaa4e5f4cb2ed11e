/** What this bus has handed to the broker and handles itself, until each group has ended it: for `settled`. */

export interface Owed {
  readonly topic: string
  readonly group: string
  readonly id: string
}

export interface Tracker {
  sent(topic: string, id: string): void
  ended(owed: Owed): void
  /** Endings that this bus has not seen; another process of the group may have. */
  open(): readonly Owed[]
}

/** More are forgotten: a service that never asks `settled` must not grow. */
const most = 10_000

/** `groupsOf` names the groups of a topic that this bus handles itself. Messages of others are never counted. */
export function createTracker(groupsOf: ReadonlyMap<string, readonly string[]>): Tracker {
  const owed = new Map<string, Owed>()
  const nameOf = ({ topic, group, id }: Owed) => `${topic}/${group}/${id}`
  return {
    sent(topic, id) {
      for (const group of groupsOf.get(topic) ?? []) owed.set(nameOf({ topic, group, id }), { topic, group, id })
      for (const oldest of owed.keys()) {
        if (owed.size <= most) break
        owed.delete(oldest)
      }
    },
    ended(one) {
      if (owed.size > 0) owed.delete(nameOf(one))
    },
    open: () => [...owed.values()],
  }
}
