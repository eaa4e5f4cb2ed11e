/** One subscription in the worker: claims messages ahead, hands them to the main thread, keeps the books of its shards. */
import type { CrashPoint } from './crash.ts'
import { type Entry, entriesMessage } from './entries.ts'
import type { BrokerFile } from './file.ts'
import { copyAside, keyOfLane, laneOfKey, type Review, review, type Taken } from './membership.ts'
import { keyOf } from './message.ts'
import { encodeOpenIds } from './open-ids.ts'
import { type FromWorker, flags, idOfTag, type NewSubscription, type Report, shardOfTag, tagOf } from './protocol.ts'
import { nextStretch } from './scan.ts'
import { shardOf } from './shard.ts'
import { countChange, type KnownGroup, logOf, readChanges } from './topology.ts'

export interface Reader {
  readonly no: number
  readonly topic: number
  report(report: Report): void
  /** There may be more to read, or other members. */
  wake(): void
  /** Does what is to be done now, in one transaction at most. Answers whether there is more to do at once. */
  step(): Promise<boolean>
  /** When `step` must be called at the latest, in milliseconds since 1970. */
  due(): number
  /** Gives everything away at once. */
  leave(handedOut: ReadonlySet<number>): Promise<void>
}

export interface ReaderPorts {
  readonly leaseMs: number
  post(message: FromWorker, transfer?: readonly ArrayBuffer[]): void
  crash(point: CrashPoint): void
  log(text: string): void
  /** Wakes the other members. */
  notice(): void
  /** Deletes a little of what all groups have handled. */
  trim(topic: { readonly no: number }): void
}

/** A shard that this member holds. */
interface Shard {
  readonly no: number
  readonly epoch: number
  /** Reports older than this speak of an earlier tenure. */
  readonly since: number
  /** Everything up to here was looked at. */
  pos: number
  savedPos: number
  /** On the main thread, by id in rising order: bytes × 4 and two bits. */
  readonly held: Map<number, number>
  /** Lanes of which messages lie aside that are not on the main thread. */
  readonly asideLanes: Set<string>
  /** Lanes that are free to be filled from aside. */
  waiting: string[]
  dirty: boolean
  releasing: boolean
  keptUntil: number
  /** `pos` at the last two reviews. */
  marks: readonly [number, number]
}

const bit = { redelivered: 1, aside: 2 } as const

type Op = { readonly shard: Shard; readonly id: number } & (
  | { readonly kind: 'copy'; readonly handedOut: boolean }
  | { readonly kind: 'mark'; readonly handedOut: boolean }
  | { readonly kind: 'remove' }
)

const batchRows = 512
const refillRows = 16
/** How long finished messages may stay unsaved: a killed process repeats at most these. */
const saveMs = 8
/** How many ids an unfinished message may hold back the clean-up before it is copied aside. */
const longestLag = 2000
const keptMs = 5000

export function createReader(file: BrokerFile, given: NewSubscription, group: KnownGroup, ports: ReaderPorts): Reader {
  const { no } = given
  const log = logOf(group.topic)
  const lease = new Float64Array(given.lease)
  const shards = new Map<number, Shard>()
  const tickMs = Math.max(10, Math.floor(ports.leaseMs / 3))
  let member = 0
  let knownChanges = 0
  let generation = 0
  let reviewed = 0
  let count = 0
  let bytes = 0
  let turn = 0
  let maybeMore = true
  let finishedSince: number | undefined
  let leaving = false
  let left = false
  let ops: Op[] = []
  let batch: Entry[] = []
  let refilled: Entry[] = []
  let freed: string[] = []
  let releases: { readonly shard: Shard; readonly handedOut: ReadonlySet<number> }[] = []

  // What the main thread says.

  function report(message: Report): void {
    for (const tag of message.finished) finish(tag, message.generation)
    for (const tag of message.spilled) spill(tag, message.generation)
    for (const key of message.refill) {
      const shard = shards.get(shardOf(Buffer.from(key)))
      if (shard && shard.since <= message.generation) shard.waiting.push(laneOfKey(key))
    }
    const handedOut = new Set(message.handedOut)
    for (const released of message.released) {
      const shard = shards.get(released)
      if (shard?.releasing) releases.push({ shard, handedOut })
    }
    for (const kept of message.kept) {
      const shard = shards.get(kept)
      if (shard) Object.assign(shard, { releasing: false, keptUntil: Date.now() + keptMs })
    }
    if (message.leaving && !leaving) {
      leaving = true
      reviewed = 0
    }
    maybeMore = true
  }

  function settle(tag: number, reportGeneration: number): { shard: Shard; id: number; code: number } | undefined {
    const shard = shards.get(shardOfTag(tag))
    const id = idOfTag(tag)
    const code = shard?.held.get(id)
    if (!shard || code === undefined || shard.since > reportGeneration) return undefined
    count -= 1
    bytes -= code >> 2
    return { shard, id, code }
  }

  function finish(tag: number, reportGeneration: number): void {
    const settled = settle(tag, reportGeneration)
    if (!settled) return
    const { shard, id, code } = settled
    shard.held.delete(id)
    finishedSince ??= Date.now()
    if (code & bit.aside) ops.push({ shard, id, kind: 'remove' })
    else shard.dirty = true
  }

  function spill(tag: number, reportGeneration: number): void {
    const settled = settle(tag, reportGeneration)
    if (!settled) return
    const { shard, id, code } = settled
    shard.held.delete(id)
    shard.dirty = true
    const handedOut = (code & bit.redelivered) !== 0
    ops.push({ shard, id, kind: code & bit.aside ? 'mark' : 'copy', handedOut })
    if (code & bit.aside) respill(shard, id)
  }

  function respill(shard: Shard, id: number): void {
    const [row] = file.rows('select lane from aside where grp = ? and shard = ? and id = ?', group.no, shard.no, id)
    if (row) shard.asideLanes.add(String(row[0]))
  }

  // Reading. Nothing of an own shard is changed by others, so it is read without a lock and claimed afterwards.

  function read(): void {
    // What is put aside and taken from there must be written before it is read again.
    if (ops.length === 0) {
      for (const shard of shards.values()) while (canRefill(shard)) refill(shard)
    }
    if (canReadLog()) readLog()
  }

  const hasRoom = () => count < given.window && (bytes < given.windowBytes || count === 0)
  const canRefill = (shard: Shard) => !leaving && !shard.releasing && shard.waiting.length > 0 && hasRoom()
  const canReadLog = () =>
    !leaving && maybeMore && count <= given.window / 2 && hasRoom() && ops.every((op) => op.kind === 'remove')

  function refill(shard: Shard): void {
    const lane = shard.waiting.shift()
    if (lane === undefined) return
    const sql = 'select id, handed_out, message from aside where grp = ? and shard = ? and lane = ? order by id limit ?'
    const rows = file.rows(sql, group.no, shard.no, lane, refillRows + 1)
    const more = rows.length > refillRows
    for (const [id, handedOut, message] of rows.slice(0, refillRows)) {
      if (typeof id !== 'number' || !(message instanceof Uint8Array)) continue
      const redelivered = handedOut === 1
      hold(shard, id, message.length, bit.aside | (redelivered ? bit.redelivered : 0))
      ops.push({ shard, id, kind: 'mark', handedOut: true })
      const bits = flags.aside | (redelivered ? flags.redelivered : 0) | (more ? flags.more : 0)
      refilled.push({ shard: shard.no, tag: tagOf(id, shard.no), bits, message })
    }
    const key = keyOfLane(lane)
    if (rows.length === 0 && key !== undefined) freed.push(key)
    if (!more) shard.asideLanes.delete(lane)
  }

  function hold(shard: Shard, id: number, size: number, bits: number): void {
    shard.held.set(id, size * 4 + bits)
    count += 1
    bytes += size
  }

  function readLog(): void {
    const last = file.number(`select max(id) from ${log}`) ?? 0
    const stretch = nextStretch(
      [...shards.values()].filter((shard) => !shard.releasing),
      last,
      turn,
    )
    turn += 1
    if (!stretch) {
      maybeMore = false
      return
    }
    const { from, to, mask } = stretch
    const limit = Math.min(given.window - count, batchRows)
    // A large message is answered as its length, so that a read never brings more than fits.
    const sql = `select id, shard, case when length(message) <= 8192 then message else length(message) end from ${log}
      where id > ? and id <= ? and (? >> shard) & 1 order by id limit ?`
    const rows = file.rows(sql, from, to, mask, limit)
    let reached = rows.length < limit ? to : from
    for (const [id, shardNo, content] of rows) {
      const shard = shards.get(Number(shardNo))
      const size = content instanceof Uint8Array ? content.length : Number(content)
      if (count > 0 && bytes + size > given.windowBytes) {
        reached = Number(id) - 1
        break
      }
      const message = content instanceof Uint8Array ? content : readLarge(Number(id))
      if (shard) takeRow(shard, Number(id), message)
      if (rows.length === limit) reached = Number(id)
    }
    for (const shard of shards.values()) if ((mask >> shard.no) & 1) shard.pos = reached
  }

  function readLarge(id: number): Uint8Array {
    const message = file.rows(`select message from ${log} where id = ?`, id)[0]?.[0]
    return message instanceof Uint8Array ? message : new Uint8Array()
  }

  function takeRow(shard: Shard, id: number, message: Uint8Array): void {
    shard.dirty = true
    if (shard.asideLanes.size > 0 && group.order === 'key') {
      const key = keyOf(message)
      if (key !== undefined && shard.asideLanes.has(laneOfKey(key))) {
        ops.push({ shard, id, kind: 'copy', handedOut: false })
        return
      }
    }
    hold(shard, id, message.length, 0)
    batch.push({ shard: shard.no, tag: tagOf(id, shard.no), bits: 0, message })
  }

  // The transaction.

  async function step(): Promise<boolean> {
    if (left) return false
    const pending = batch.length + refilled.length > 0
    if (!pending) read()
    const now = Date.now()
    const reviewDue = now >= reviewed + tickMs || readChanges(file) !== knownChanges
    const saveDue = finishedSince !== undefined && now >= finishedSince + saveMs
    const work = batch.length + refilled.length + releases.length + freed.length > 0
    const aside = ops.some((op) => op.kind !== 'remove') || (ops.length > 0 && [...shards.values()].some(canRefill))
    if (!(reviewDue || saveDue || work || aside)) return false
    try {
      afterCommit(await file.write(`read ${group.topic.name}`, false, () => transact(reviewDue)))
    } catch (error) {
      // What this member holds may have changed unseen: look before anything else.
      knownChanges = -1
      throw error
    }
    return canReadLog() || [...shards.values()].some(canRefill)
  }

  interface Transacted {
    readonly review: Review | undefined
    readonly changes: number
    readonly released: readonly Shard[]
    readonly saved: readonly Shard[]
    readonly at: number
    readonly ended: boolean
  }

  function transact(reviewDue: boolean): Transacted {
    const at = Date.now()
    const due = reviewDue || readChanges(file) !== knownChanges
    const result = due ? reviewMember(at) : undefined
    const lost = new Set(result?.lost)
    for (const op of ops) if (!lost.has(op.shard.no)) apply(op)
    if (result) for (const shard of shards.values()) if (!lost.has(shard.no)) putLaggardsAside(shard)
    const released = releases.filter(({ shard }) => !lost.has(shard.no))
    for (const { shard, handedOut } of released) releaseShard(shard, handedOut)
    const gone = new Set(released.map(({ shard }) => shard))
    const kept = [...shards.values()].filter((shard) => !lost.has(shard.no) && !gone.has(shard))
    const saved = kept.filter((shard) => shard.dirty || shard.pos > shard.savedPos + (result ? 0 : longestLag))
    for (const shard of saved) save(shard)
    const ended = leaving && kept.length === 0
    if (ended && file.run('delete from member where no = ?', member) > 0) countChange(file)
    ports.trim(group.topic)
    ports.crash(released.length > 0 ? 'release.begun' : 'claim.begun')
    return { review: result, changes: readChanges(file), released: [...gone], saved, at, ended }
  }

  function reviewMember(at: number): Review {
    const late = reviewed > 0 && at - reviewed > ports.leaseMs
    const epochs = new Map([...shards.values()].map((shard) => [shard.no, shard.epoch]))
    const me = { group, leaseMs: ports.leaseMs, no: member, leaving, late, epochs }
    return review(file, me, at, ports.crash)
  }

  function apply(op: Op): void {
    const place = [group.no, op.shard.no, op.id]
    if (op.kind === 'remove') file.run('delete from aside where grp = ? and shard = ? and id = ?', ...place)
    else if (op.kind === 'mark') {
      const sql = 'update aside set handed_out = ? where grp = ? and shard = ? and id = ?'
      file.run(sql, op.handedOut ? 1 : 0, ...place)
    } else {
      const lane = copyAside(file, group, op.shard.no, op.id, op.handedOut)
      if (lane !== undefined) op.shard.asideLanes.add(lane)
      ports.crash('aside.begun')
    }
  }

  // A slow message must not keep the log from being cleaned up behind it.
  function putLaggardsAside(shard: Shard): void {
    const [older] = shard.marks
    if (older - lowOf(shard) <= longestLag) return
    for (const [id, code] of shard.held) {
      if (id > older) break
      if (code & bit.aside) continue
      copyAside(file, group, shard.no, id, true)
      shard.held.set(id, code | bit.aside)
      shard.dirty = true
    }
    ports.crash('aside.begun')
  }

  function lowOf(shard: Shard): number {
    for (const [id, code] of shard.held) if (!(code & bit.aside)) return id - 1
    return shard.pos
  }

  function save(shard: Shard): void {
    const low = lowOf(shard)
    write(
      shard,
      low,
      encodeOpenIds(
        low,
        openIds(shard, () => true),
      ),
      member,
    )
  }

  function* openIds(shard: Shard, handedOut: (id: number, code: number) => boolean) {
    for (const [id, code] of shard.held) if (!(code & bit.aside)) yield { id, handedOut: handedOut(id, code) }
  }

  function write(shard: Shard, low: number, open: Uint8Array, owner: number): void {
    const sql =
      'update shard set low = ?, high = ?, open = ?, owner = ? where grp = ? and shard = ? and owner = ? and epoch = ?'
    if (file.run(sql, low, shard.pos, open, owner, group.no, shard.no, member, shard.epoch) === 0) {
      throw new Error(`shard ${shard.no} of ${group.topic.name} changed hands without a count`)
    }
  }

  function releaseShard(shard: Shard, handedOut: ReadonlySet<number>): void {
    const wasOut = (id: number, code: number) => (code & bit.redelivered) !== 0 || handedOut.has(tagOf(id, shard.no))
    const low = lowOf(shard)
    write(shard, low, encodeOpenIds(low, openIds(shard, wasOut)), 0)
    for (const [id, code] of shard.held) {
      if (code & bit.aside) apply({ shard, id, kind: 'mark', handedOut: wasOut(id, code) })
    }
    countChange(file)
  }

  // What became true with the commit.

  function afterCommit(result: Transacted): void {
    ports.crash(result.released.length > 0 ? 'release.committed' : 'claim.committed')
    knownChanges = result.changes
    finishedSince = undefined
    ops = []
    releases = []
    for (const shard of result.saved) {
      shard.dirty = false
      shard.savedPos = shard.pos
    }
    for (const shard of result.released) forget(shard)
    if (result.review) adopt(result.review, result.at)
    handOver()
    // After what was claimed for them: the main thread answers for all that it was given.
    if (result.review) giveSurplus(result.review.surplus, result.at)
    if (result.released.length > 0 || result.ended) ports.notice()
    if (result.ended) {
      left = true
      ports.post({ kind: 'left', no })
    }
  }

  function forget(shard: Shard): void {
    shards.delete(shard.no)
    count -= shard.held.size
    for (const code of shard.held.values()) bytes -= code >> 2
  }

  function adopt(result: Review, at: number): void {
    const joined = member !== result.member
    member = result.member
    reviewed = at
    lease[0] = result.until
    for (const shard of shards.values()) shard.marks = [shard.marks[1], shard.pos]
    if (result.lost.length > 0) lose(result.lost)
    for (const taken of result.taken) shards.set(taken.no, newShard(taken))
    if (result.taken.length > 0) maybeMore = true
    if (joined || result.taken.length > 0) ports.notice()
  }

  function lose(lost: readonly number[]): void {
    generation += 1
    for (const no of lost) {
      const shard = shards.get(no)
      if (shard) forget(shard)
    }
    batch = batch.filter((entry) => !lost.includes(entry.shard))
    refilled = refilled.filter((entry) => !lost.includes(entry.shard))
    ports.post({ kind: 'lost', no, shards: lost, generation })
    ports.log(`${group.topic.name}: the lease of ${lost.length} shards was over, other members have them`)
  }

  function newShard(taken: Taken): Shard {
    return {
      no: taken.no,
      epoch: taken.epoch,
      since: generation,
      pos: taken.high,
      savedPos: taken.high,
      held: new Map(),
      asideLanes: new Set(taken.lanes),
      waiting: [...taken.lanes],
      dirty: false,
      releasing: false,
      keptUntil: 0,
      marks: [taken.high, taken.high],
    }
  }

  function giveSurplus(surplus: number, at: number): void {
    const releasing = [...shards.values()].filter((shard) => shard.releasing).length
    const able = [...shards.values()].filter((shard) => !shard.releasing && (leaving || shard.keptUntil < at))
    const chosen = able.sort((a, b) => a.held.size - b.held.size).slice(0, Math.max(0, surplus - releasing))
    for (const shard of chosen) shard.releasing = true
    if (chosen.length > 0) ports.post({ kind: 'release', no, shards: chosen.map((shard) => shard.no) })
  }

  function handOver(): void {
    // Apart from the log's: the main thread looks at what came from aside as a whole.
    for (const entries of [refilled, batch]) {
      if (entries.length === 0) continue
      const message = entriesMessage(no, entries)
      ports.post(message, [message.buffer])
    }
    if (freed.length > 0) ports.post({ kind: 'freed', no, keys: freed })
    batch = []
    refilled = []
    freed = []
  }

  return {
    no,
    topic: group.topic.no,
    report,
    wake() {
      maybeMore = true
    },
    step,
    due: () =>
      Math.min(reviewed + tickMs, finishedSince === undefined ? Number.POSITIVE_INFINITY : finishedSince + saveMs),
    async leave(handedOut) {
      if (left) return
      leaving = true
      releases = [...shards.values()].map((shard) => ({ shard, handedOut }))
      afterCommit(await file.write(`leave ${group.topic.name}`, false, () => transact(true)))
    },
  }
}
