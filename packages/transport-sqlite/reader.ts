/** One subscription in the worker: its membership, its turns, and what each commit makes true. */
import { createBooks } from './books.ts'
import type { CrashPoint } from './crash.ts'
import type { BrokerFile } from './file.ts'
import { createHoldings, longestLag, type Shard } from './holdings.ts'
import { type Review, review } from './membership.ts'
import type { FromWorker, NewSubscription, Report } from './protocol.ts'
import { createReading } from './reading.ts'
import { countChange, type KnownGroup, readChanges } from './topology.ts'

export interface Reader {
  readonly no: number
  readonly topic: number
  report(report: Report): void
  /** There may be more to read, or other members. */
  wake(): void
  /** Does what is to be done now, in one transaction at most. Answers whether there is more to do at once. */
  step(): Promise<boolean>
  /** When `step` must be called at the latest, in milliseconds since 1970; infinity when the member has left. */
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

/** How long finished messages may stay unsaved: a killed process repeats at most these. */
const saveMs = 8

interface Committed {
  readonly at: number
  readonly review: Review | undefined
  readonly changes: number
  readonly saved: readonly Shard[]
  readonly released: boolean
  /** This member is gone. */
  readonly ended: boolean
}

export function createReader(file: BrokerFile, given: NewSubscription, group: KnownGroup, ports: ReaderPorts): Reader {
  const { no } = given
  const lease = new Float64Array(given.lease)
  const holdings = createHoldings(given.window, given.windowBytes)
  const reading = createReading(file, no, group, holdings, given.window)
  const books = createBooks(file, group, ports.crash)
  const reviewMs = Math.max(10, Math.floor(ports.leaseMs / 3))
  let member = 0
  let knownChanges = 0
  let reviewed = 0
  let left = false

  async function step(): Promise<boolean> {
    if (left) return false
    // What was read and could not be claimed, as the file was locked, is claimed first.
    if (!reading.hasRead()) reading.read()
    const reviewDue = Date.now() >= reviewed + reviewMs || readChanges(file) !== knownChanges
    if (!reviewDue && !mustWrite()) return false
    if (reviewDue) holdings.queueLaggards()
    await commit(`read topic ${group.topic.name}`, reviewDue)
    return reading.canRead()
  }

  function mustWrite(): boolean {
    if (reading.hasRead() || holdings.releases.length > 0 || reading.waitsForOps()) return true
    if (holdings.ops.some((op) => op.kind !== 'remove')) return true
    return holdings.finishedSince !== undefined && Date.now() >= holdings.finishedSince + saveMs
  }

  async function commit(attempt: string, reviewDue: boolean): Promise<void> {
    try {
      afterCommit(await file.write(attempt, false, () => transact(reviewDue)))
    } catch (error) {
      // What this member holds may have changed unseen: look before anything else.
      knownChanges = -1
      throw error
    }
  }

  function transact(reviewDue: boolean): Committed {
    const at = Date.now()
    const result = reviewDue || readChanges(file) !== knownChanges ? reviewMember(at) : undefined
    const isMine = (shard: Shard) => !result?.lost.includes(shard.no)
    for (const op of holdings.ops) if (isMine(op.shard)) books.apply(op)
    const releases = holdings.releases.filter(({ shard }) => isMine(shard))
    for (const release of releases) books.release(release, member)
    const kept = [...holdings.shards.values()].filter(
      (shard) => isMine(shard) && !releases.some((release) => release.shard === shard),
    )
    const saved = kept.filter((shard) => shard.dirty || shard.pos > shard.savedPos + (result ? 0 : longestLag))
    for (const shard of saved) books.save(shard, member)
    const ended = holdings.leaving && kept.length === 0
    if (ended && file.run('delete from member where no = ?', member) > 0) countChange(file)
    ports.trim(group.topic)
    ports.crash(releases.length > 0 ? 'release.begun' : 'claim.begun')
    return { at, review: result, changes: readChanges(file), saved, released: releases.length > 0, ended }
  }

  function reviewMember(at: number): Review {
    const late = reviewed > 0 && at - reviewed > ports.leaseMs
    const epochs = new Map([...holdings.shards.values()].map((shard) => [shard.no, shard.epoch]))
    const { leaving } = holdings
    return review(file, { group, leaseMs: ports.leaseMs, no: member, leaving, late, epochs }, at, ports.crash)
  }

  function afterCommit(result: Committed): void {
    ports.crash(result.released ? 'release.committed' : 'claim.committed')
    knownChanges = result.changes
    if (result.review && result.review.lost.length > 0) lose(result.review.lost)
    holdings.saved(result.saved)
    if (result.review) adopt(result.review, result.at)
    for (const message of reading.take()) ports.post(message, message.kind === 'messages' ? [message.buffer] : [])
    // After what was claimed for them: the main thread answers for all that it was given.
    if (result.review) giveSurplus(result.review.surplus, result.at)
    if (result.released || result.ended) ports.notice()
    if (!result.ended) return
    left = true
    ports.post({ kind: 'left', no })
  }

  function lose(lost: readonly number[]): void {
    holdings.lose(lost)
    // Before the lease is renewed: the main thread must hear of the loss before it hands out anything.
    lease[1] = holdings.generation
    reading.drop(lost)
    ports.post({ kind: 'lost', no, shards: lost, generation: holdings.generation })
    ports.log(`topic ${group.topic.name}: the lease of ${lost.length} shards was over, other members have them`)
  }

  function adopt(result: Review, at: number): void {
    const joined = member !== result.member
    member = result.member
    reviewed = at
    lease[0] = result.until
    for (const shard of holdings.shards.values()) shard.marks = [shard.marks[1], shard.pos]
    for (const taken of result.taken) holdings.add(taken)
    if (result.taken.length > 0) reading.wake()
    if (joined || result.taken.length > 0) ports.notice()
  }

  function giveSurplus(surplus: number, at: number): void {
    const all = [...holdings.shards.values()]
    const releasing = all.filter((shard) => shard.releasing).length
    const able = all.filter((shard) => !shard.releasing && (holdings.leaving || shard.keptUntil < at))
    const emptiest = able.toSorted((a, b) => a.held.size - b.held.size)
    const chosen = emptiest.slice(0, Math.max(0, surplus - releasing))
    for (const shard of chosen) shard.releasing = true
    if (chosen.length > 0) ports.post({ kind: 'release', no, shards: chosen.map((shard) => shard.no) })
  }

  return {
    no,
    topic: group.topic.no,
    report(report) {
      const wasLeaving = holdings.leaving
      holdings.report(report)
      // Says so to the others at once.
      if (holdings.leaving && !wasLeaving) reviewed = 0
      reading.wake()
    },
    wake: reading.wake,
    step,
    due() {
      const { finishedSince } = holdings
      if (left) return Number.POSITIVE_INFINITY
      return Math.min(
        reviewed + reviewMs,
        finishedSince === undefined ? Number.POSITIVE_INFINITY : finishedSince + saveMs,
      )
    },
    async leave(handedOut) {
      if (left) return
      holdings.releaseAll(handedOut)
      await commit(`leave topic ${group.topic.name}`, true)
    },
  }
}
