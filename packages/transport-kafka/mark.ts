/**
 * What a commit says besides the offset: which life of the topic it is of, and below which offset records may have been
 * handed out. Nothing is handed out beyond a mark that is not committed yet, so the next member knows exactly what
 * another may have had. Pure.
 */

export interface Mark {
  /** A topic that was deleted and made again has another id. */
  readonly topicId: string
  readonly handedBelow: number
}

/** What somebody else committed says nothing of how far it had read. */
const foreignAhead = 10_000
const leastAhead = 100
const mostAhead = 5000

export function writeMark({ topicId, handedBelow }: Mark): string {
  return `vestnik ${topicId} ${handedBelow}`
}

/** Undefined when the commit is somebody else's: a peer's, or of a tool that resets offsets. */
export function readMark(text: string | null): Mark | undefined {
  const [, topicId, below] = /^vestnik ([0-9a-f-]{36}) (\d{1,16})$/.exec(text ?? '') ?? []
  return topicId === undefined ? undefined : { topicId, handedBelow: Number(below) }
}

/** How far the mark of the next commit reaches: ahead of what was handed out by as much as the pace asks for. */
export function markAhead(handedBelow: number, handedSince: number): number {
  return handedBelow + Math.min(Math.max(2 * handedSince, leastAhead), mostAhead)
}

export interface Committed {
  /** -1: nothing was committed. */
  readonly offset: number
  readonly metadata: string | null
}

export interface Log {
  readonly topicId: string
  readonly start: number
  readonly end: number
}

export interface Beginning {
  readonly offset: number
  /** What is below may have been handed out before. */
  readonly redeliveredBelow: number
  /** Records that the broker deleted before this group had read them. */
  readonly lost?: { readonly from: number; readonly below: number }
}

/** Where a member begins with a partition that it was given. */
export function beginningOf({ offset, metadata }: Committed, log: Log): Beginning {
  const mark = readMark(metadata)
  const isOfThisLife = mark === undefined ? offset <= log.end : mark.topicId === log.topicId
  if (offset < 0 || !isOfThisLife) return { offset: log.start, redeliveredBelow: log.start }
  const redeliveredBelow = mark?.handedBelow ?? offset + foreignAhead
  if (offset < log.start) return { offset: log.start, redeliveredBelow, lost: { from: offset, below: log.start } }
  // The broker has lost the end of its log: what it writes now begins there.
  return { offset: Math.min(offset, log.end), redeliveredBelow }
}
