/**
 * What a commit says besides the offset: which life of the topic it is of, below which offset records may have been
 * handed out, and which records beyond the offset have ended. Nothing is handed out beyond a mark that is not committed
 * yet, so the next member knows exactly what another may have had. Pure.
 */
import type { Range } from './watermark.ts'

export interface Mark {
  /** A topic that was deleted and made again has another id. */
  readonly topicId: string
  readonly handedBelow: number
  readonly ended: readonly Range[]
}

/** A broker takes 4096 bytes with a commit, unless it is set otherwise. */
export const mostBytes = 3500
/** What somebody else committed says nothing of how far it had read. */
const foreignAhead = 10_000
const leastAhead = 100
const mostAhead = 5000

/** What does not fit is left out: it comes again. Empty where there is room for nothing. */
export function writeMark({ topicId, handedBelow, ended }: Mark, most: number = mostBytes): string {
  let text = `vestnik ${topicId} ${handedBelow} `
  if (text.length > most) return ''
  let from = 0
  for (const [first, last] of ended) {
    const range = `${(first - from).toString(36)}.${(last - first).toString(36)},`
    if (text.length + range.length > most) break
    text += range
    from = last
  }
  return text
}

/** Undefined when the commit is somebody else's: a peer's, or of a tool that resets offsets. */
export function readMark(text: string | null): Mark | undefined {
  const parts = /^vestnik ([0-9a-f-]{36}) (\d{1,16}) ([0-9a-z.,]*)$/.exec(text ?? '')
  const [, topicId, below, ranges] = parts ?? []
  if (topicId === undefined || ranges === undefined) return undefined
  return { topicId, handedBelow: Number(below), ended: readRanges(ranges) }
}

function readRanges(text: string): readonly Range[] {
  const ranges: Range[] = []
  let from = 0
  for (const range of text.split(',')) {
    const [gap = '', length = ''] = range.split('.')
    const first = from + Number.parseInt(gap, 36)
    const last = first + Number.parseInt(length, 36)
    if (!Number.isSafeInteger(last)) break
    ranges.push([first, last])
    from = last
  }
  return ranges
}

/** How far the mark of the next commit reaches: ahead of what was handed out by as much as the pace asks for. */
export function markAhead(handedBelow: number, handedSince: number): number {
  return handedBelow + Math.min(Math.max(2 * handedSince, leastAhead), mostAhead)
}

export interface Committed {
  /** -1: nothing was committed. */
  readonly offset: number
  readonly metadata: string | null
  /** Which leader took the records that had been read by then; -1 where that is not known. */
  readonly leaderEpoch: number
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
  /** What has ended, and is not handed out again. */
  readonly ended: readonly Range[]
  /** The last leader whose records were read; -1 where that is not known. What a later one took has not ended. */
  readonly leaderEpoch: number
  /** Records that the broker deleted before this group had read them. */
  readonly lost?: { readonly from: number; readonly below: number }
}

/** Where a member begins with a partition that it was given. */
export function beginningOf({ offset, metadata, leaderEpoch }: Committed, log: Log): Beginning {
  const mark = readMark(metadata)
  const isOfThisLife = mark === undefined ? offset <= log.end : mark.topicId === log.topicId
  if (offset < 0 || !isOfThisLife) {
    return { offset: log.start, redeliveredBelow: log.start, ended: [], leaderEpoch: -1 }
  }
  const redeliveredBelow = mark?.handedBelow ?? offset + foreignAhead
  const ended = below(log.end, mark?.ended ?? [])
  if (offset < log.start)
    return { offset: log.start, redeliveredBelow, ended, leaderEpoch, lost: { from: offset, below: log.start } }
  // The broker has lost the end of its log: what it writes now begins there.
  return { offset: Math.min(offset, log.end), redeliveredBelow, ended, leaderEpoch }
}

function below(end: number, ranges: readonly Range[]): readonly Range[] {
  return ranges.flatMap(([first, last]) => (first < end ? [[first, Math.min(last, end - 1)] as const] : []))
}
