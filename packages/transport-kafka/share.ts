/**
 * One partition that this member owns, and all that it knows of it: how far it was read, what is in hand, how far it has
 * ended without a gap, and below which offset the broker knows that records were handed out. No clock, no I/O.
 */
import type { Place } from './coordinator.ts'
import { createLanes, type Lane } from './lanes.ts'
import { type Beginning, markAhead, mostBytes as mostMarkBytes, writeMark } from './mark.ts'
import type { Batch } from './records.ts'
import { createWatermark, type Range } from './watermark.ts'

/** How many bytes and records of a partition may be in hand before no more is fetched of it. */
const mostBytes = 192 * 1024
const mostRecords = 4000
/** Where a broker takes less than this with a commit, it gets nothing. */
const leastMarkBytes = 128
/** How far a partition goes on beside its slowest record. */
const mostAhead = 100_000

export interface ShareCommit {
  readonly offset: number
  readonly handedBelow: number
  readonly metadata: string
  readonly leaderEpoch: number
}

export interface Share {
  readonly place: Place
  /** Nothing of it is started any more: it goes to another member. */
  isLeaving: boolean
  /** It is not ours any more: whatever comes of it counts for nothing. */
  isOver: boolean
  /** A fetch of it is under way. */
  isFetching: boolean
  /** How many of its records run. Kept by who runs them. */
  running: number
  /** How many fetches in a row have brought nothing that could be read. Kept by who fetches. */
  fruitless: number
  /** The next offset to fetch; -1 until it is known where to begin. */
  position(): number
  begin(beginning: Beginning): void
  /** The leader that took what stands before the position, as far as that is known: -1. */
  leaderEpoch(): number
  /** The log begins later than where we would go on. */
  skipTo(offset: number): void
  /**
   * What this leader took ends there now: the log has lost its end. Answers false when something was read of what is
   * lost: then it is to be begun anew.
   */
  rewind(leaderEpoch: number, end: number): boolean
  /** Whether there is room for more. */
  wantsMore(): boolean
  /** Answers the lanes that have a first record now. */
  take(batches: readonly Batch[], ordered: boolean): readonly Lane[]
  /** Whether the broker knows that the lane's first record may be handed out; otherwise it is told by the next commit. */
  mayStart(lane: Lane): boolean
  /** Answers whether it may have been handed out before. */
  start(lane: Lane): boolean
  /** Answers whether the lane has another one to start. */
  finish(lane: Lane): boolean
  /** What a commit would say; when nothing more is to be handed out it says exactly what was. */
  commit(): ShareCommit
  /** The broker takes no commit that says so much. */
  sayLess(): void
  /** Answers the lanes that waited for it. */
  committed(commit: ShareCommit): readonly Lane[]
}

export function createShare(place: Place): Share {
  const lanes = createLanes()
  let watermark = createWatermark(0)
  let position = -1
  let leaderEpoch = -1
  let bytes = 0
  let redeliveredBelow = 0
  let handedBelow = 0
  let knownBelow = 0
  let handedSince = 0
  let waiting: Lane[] = []
  /** What had ended at members before this one, in order, and the last leader that may have taken it. */
  let inherited: readonly Range[] = []
  let inheritedEpoch = -1
  let isUntouched = true
  let markBytes = mostMarkBytes

  function hasEnded(offset: number, epoch: number): boolean {
    if (inheritedEpoch >= 0 && epoch > inheritedEpoch) inherited = []
    while (inherited[0] && inherited[0][1] < offset) inherited = inherited.slice(1)
    return inherited[0] !== undefined && inherited[0][0] <= offset
  }

  const share: Share = {
    place,
    isLeaving: false,
    isOver: false,
    isFetching: false,
    running: 0,
    fruitless: 0,
    position: () => position,
    leaderEpoch: () => leaderEpoch,
    begin(beginning) {
      position = beginning.offset
      watermark = createWatermark(position)
      redeliveredBelow = beginning.redeliveredBelow
      inherited = beginning.ended
      inheritedEpoch = beginning.leaderEpoch
      leaderEpoch = beginning.leaderEpoch
      handedBelow = position
      isUntouched = true
    },
    skipTo(offset) {
      position = offset
      watermark.reach(offset)
    },
    rewind(epoch, end) {
      if (!isUntouched && end < position) return false
      leaderEpoch = epoch
      if (end < position) {
        const ended = inherited.filter(([first]) => first < end)
        share.begin({ offset: end, redeliveredBelow, ended, leaderEpoch: epoch })
      }
      return true
    },
    wantsMore() {
      return bytes < mostBytes && watermark.size() < mostRecords && position - watermark.low() < mostAhead
    },
    take(batches, ordered) {
      const ready: Lane[] = []
      for (const { records, nextOffset, leaderEpoch: epoch } of batches) {
        isUntouched = false
        leaderEpoch = epoch
        for (const found of records) {
          // Of a batch the broker answers also what stands before the offset that was asked for.
          if (found.offset < position && !found.unreadable) continue
          const record = found.offset < position ? { ...found, offset: position } : found
          watermark.add(record.offset)
          if (hasEnded(record.offset, epoch)) {
            watermark.finish(record.offset)
            continue
          }
          bytes += record.bytes
          const lane = lanes.add(record, ordered && record.key ? record.key.toString('latin1') : undefined)
          if (lane) ready.push(lane)
        }
        if (nextOffset > position) position = nextOffset
      }
      watermark.reach(position)
      return ready
    },
    mayStart(lane) {
      if (lane.first.record.offset < knownBelow) return true
      waiting.push(lane)
      return false
    },
    start({ first: { record, returns } }) {
      if (record.offset >= handedBelow) {
        handedBelow = record.offset + 1
        handedSince += 1
      }
      return returns > 0 || record.offset < redeliveredBelow
    },
    finish(lane) {
      const { record } = lane.first
      watermark.finish(record.offset)
      bytes -= record.bytes
      return lanes.finish(lane)
    },
    commit() {
      const offset = watermark.low()
      const handed = Math.max(handedBelow, offset, waiting[0]?.first.record.offset ?? 0)
      // What a member before us may have had, and nobody has ended since, stays called so; and while more may start, a
      // mark that is known is never taken back.
      const ahead = share.isLeaving ? handed : Math.max(markAhead(handed, handedSince), knownBelow)
      const below = Math.max(ahead, redeliveredBelow)
      handedSince = 0
      const unread = inherited.filter(([, last]) => last >= position)
      const ended = [...watermark.ended(), ...unread.map(([first, last]) => [Math.max(first, position), last] as const)]
      const metadata = writeMark({ topicId: place.topicId, handedBelow: below, ended }, markBytes)
      // What has ended beyond what was read here may be of a later leader than that.
      const epoch = unread.length > 0 ? Math.max(leaderEpoch, inheritedEpoch) : leaderEpoch
      return { offset, handedBelow: below, metadata, leaderEpoch: epoch }
    },
    sayLess() {
      markBytes = markBytes < leastMarkBytes ? 0 : Math.floor(markBytes / 2)
    },
    committed(commit) {
      knownBelow = Math.max(knownBelow, commit.handedBelow)
      const ready = waiting
      waiting = []
      return ready
    },
  }
  return share
}
