/**
 * Reads ahead, from the log and from aside. Nothing of an own shard is changed by others, so it is read without a lock;
 * only what was claimed afterwards, in a transaction, is handed out.
 */
import { type Entry, entriesMessage } from './entries.ts'
import type { BrokerFile } from './file.ts'
import { bit, type Holdings, type Shard } from './holdings.ts'
import { keyOfLane, laneOfKey } from './membership.ts'
import { keyOf } from './message.ts'
import { type FromWorker, flags, tagOf } from './protocol.ts'
import { nextStretch } from './scan.ts'
import { type KnownGroup, logOf } from './topology.ts'

export interface Reading {
  /** There may be more in the log. */
  wake(): void
  /** Reads what there is room for. */
  read(): void
  /** It would read more at once. */
  canRead(): boolean
  /** Something that was read waits for its claim. */
  hasRead(): boolean
  /** Lanes wait for what must be written first. */
  waitsForOps(): boolean
  drop(shards: readonly number[]): void
  /** What was read, as messages to the main thread. */
  take(): FromWorker[]
}

const batchRows = 512
const refillRows = 16

export function createReading(
  file: BrokerFile,
  no: number,
  group: KnownGroup,
  holdings: Holdings,
  window: number,
): Reading {
  const log = logOf(group.topic)
  let turn = 0
  let maybeMore = true
  let batch: Entry[] = []
  let refilled: Entry[] = []
  let freed: string[] = []

  const canFill = (shard: Shard) =>
    !holdings.leaving && !shard.releasing && shard.waiting.length > 0 && holdings.hasRoom()
  const someLaneWaits = () => [...holdings.shards.values()].some(canFill)
  const canReadLog = () =>
    maybeMore &&
    !holdings.leaving &&
    holdings.count() <= window / 2 &&
    holdings.hasRoom() &&
    // What goes aside must lie there before more of its lane is read.
    holdings.ops.every((op) => op.kind === 'remove')

  function fill(shard: Shard): void {
    const lane = shard.waiting.shift()
    if (lane === undefined) return
    const sql = 'select id, handed_out, message from aside where grp = ? and shard = ? and lane = ? order by id limit ?'
    const rows = file.rows(sql, group.no, shard.no, lane, refillRows + 1)
    const more = rows.length > refillRows
    for (const [id, handedOut, message] of rows.slice(0, refillRows)) {
      if (typeof id !== 'number' || !(message instanceof Uint8Array)) continue
      const redelivered = handedOut === 1
      holdings.hold(shard, id, message.length, bit.aside | (redelivered ? bit.redelivered : 0))
      holdings.queue(shard, id, 'fetch', true)
      const bits = flags.aside | (redelivered ? flags.redelivered : 0) | (more ? flags.more : 0)
      refilled.push({ shard: shard.no, tag: tagOf(id, shard.no), bits, message })
    }
    const key = keyOfLane(lane)
    if (rows.length === 0 && key !== undefined) freed.push(key)
    if (!more) shard.asideLanes.delete(lane)
  }

  function readLog(): void {
    const last = file.number(`select max(id) from ${log}`) ?? 0
    const able = [...holdings.shards.values()].filter((shard) => !shard.releasing)
    const stretch = nextStretch(able, last, turn)
    turn += 1
    if (!stretch) {
      maybeMore = false
      return
    }
    const { from, to, mask } = stretch
    const limit = Math.min(window - holdings.count(), batchRows)
    // A large message is answered as its length, so that a read never brings more than fits.
    const sql = `select id, shard, case when length(message) <= 8192 then message else length(message) end from ${log}
      where id > ? and id <= ? and (? >> shard) & 1 order by id limit ?`
    const rows = file.rows(sql, from, to, mask, limit)
    let reached = rows.length < limit ? to : Number(rows.at(-1)?.[0])
    for (const [id, shardNo, content] of rows) {
      const size = content instanceof Uint8Array ? content.length : Number(content)
      if (!holdings.hasRoom(size)) {
        reached = Number(id) - 1
        break
      }
      const shard = holdings.shards.get(Number(shardNo))
      const message = content instanceof Uint8Array ? content : readLarge(Number(id))
      if (shard) takeRow(shard, Number(id), message)
    }
    for (const shard of able) if ((mask >> shard.no) & 1) shard.pos = reached
  }

  function readLarge(id: number): Uint8Array {
    const message = file.rows(`select message from ${log} where id = ?`, id)[0]?.[0]
    return message instanceof Uint8Array ? message : new Uint8Array()
  }

  function takeRow(shard: Shard, id: number, message: Uint8Array): void {
    shard.dirty = true
    if (liesBehindAside(shard, message)) {
      holdings.queue(shard, id, 'spill', false)
      return
    }
    holdings.hold(shard, id, message.length, 0)
    batch.push({ shard: shard.no, tag: tagOf(id, shard.no), bits: 0, message })
  }

  function liesBehindAside(shard: Shard, message: Uint8Array): boolean {
    if (shard.asideLanes.size === 0 || group.order !== 'key') return false
    const key = keyOf(message)
    return key !== undefined && shard.asideLanes.has(laneOfKey(key))
  }

  return {
    wake() {
      maybeMore = true
    },
    read() {
      // What was taken from aside and has finished must be deleted there before it is read again.
      if (holdings.ops.length === 0) {
        for (const shard of holdings.shards.values()) while (canFill(shard)) fill(shard)
      }
      if (canReadLog()) readLog()
    },
    canRead: () => canReadLog() || someLaneWaits(),
    hasRead: () => batch.length + refilled.length + freed.length > 0,
    waitsForOps: () => holdings.ops.length > 0 && someLaneWaits(),
    drop(shards) {
      batch = batch.filter((entry) => !shards.includes(entry.shard))
      refilled = refilled.filter((entry) => !shards.includes(entry.shard))
    },
    take() {
      // Apart from the log's: the main thread looks at what came from aside as a whole.
      const messages: FromWorker[] = [refilled, batch]
        .filter((entries) => entries.length > 0)
        .map((entries) => entriesMessage(no, entries))
      if (freed.length > 0) messages.push({ kind: 'freed', no, keys: freed })
      batch = []
      refilled = []
      freed = []
      return messages
    },
  }
}
