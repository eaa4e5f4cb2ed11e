/** Who reads for a group, and which shards are whose: joining, leases, takeovers. All inside the caller's transaction. */
import type { CrashPoint } from './crash.ts'
import type { BrokerFile } from './file.ts'
import { keyOf } from './message.ts'
import { decodeOpenIds } from './open-ids.ts'
import { type ShardOwner, shareOut } from './share-out.ts'
import { countChange, type KnownGroup, logOf } from './topology.ts'

export interface Member {
  readonly group: KnownGroup
  readonly leaseMs: number
  /** 0 before it joined. */
  readonly no: number
  readonly leaving: boolean
  /** It was late itself, because the file was locked say: then it judges nobody dead this time. */
  readonly late: boolean
  /** The shards that it believes to hold, with their epochs. */
  readonly epochs: ReadonlyMap<number, number>
}

/** A shard that was taken. All that was unfinished in it lies aside now, in these lanes. */
export interface Taken {
  readonly no: number
  readonly epoch: number
  readonly high: number
  readonly lanes: readonly string[]
}

export interface Review {
  readonly member: number
  readonly until: number
  readonly lost: readonly number[]
  readonly taken: readonly Taken[]
  readonly surplus: number
}

interface ShardRow extends ShardOwner {
  readonly epoch: number
  readonly low: number
  readonly high: number
  readonly open: Uint8Array
}

/** Renews the member's lease, sees what it lost, and takes what it should have. */
export function review(file: BrokerFile, me: Member, now: number, crash: (point: CrashPoint) => void): Review {
  const until = now + me.leaseMs
  const member = renew(file, me, until)
  const { staying, alive } = readMembers(file, me, member, now)
  const shards = readShards(file, me.group.no)
  const lost = [...me.epochs.keys()].filter((no) => {
    const row = shards.find((shard) => shard.shard === no)
    return row?.owner !== member || row.epoch !== me.epochs.get(no)
  })
  const owned = shards.map((row) => ({ ...row, owner: alive.has(row.owner) ? row.owner : 0 }))
  const { take, surplus } = shareOut(member, staying, owned)
  const taken = take.map((no) =>
    takeShard(
      file,
      me,
      member,
      owned.find((row) => row.shard === no),
    ),
  )
  if (taken.length > 0) {
    countChange(file)
    crash('take.begun')
  }
  return { member, until, lost, taken: taken.filter((shard) => shard !== undefined), surplus }
}

function renew(file: BrokerFile, me: Member, until: number): number {
  const leaving = me.leaving ? 1 : 0
  if (me.no > 0 && file.run('update member set until = ?, leaving = ? where no = ?', until, leaving, me.no) > 0) {
    return me.no
  }
  if (me.leaving) return me.no
  file.run('insert into member (grp, until, lease) values (?, ?, ?)', me.group.no, until, me.leaseMs)
  countChange(file)
  return file.number('select last_insert_rowid()') ?? 0
}

function readMembers(file: BrokerFile, me: Member, member: number, now: number) {
  const staying: number[] = []
  const alive = new Set<number>()
  for (const row of file.rows('select no, until, lease, leaving from member where grp = ?', me.group.no)) {
    const [no, until, lease, leaving] = row.map(Number) as [number, number, number, number]
    // A lease further away than it can be was given by a clock that has been set back since.
    const dead = until <= now || until > now + lease + 1000
    if (dead && no !== member && !me.late) {
      file.run('delete from member where no = ?', no)
      continue
    }
    alive.add(no)
    if (leaving === 0) staying.push(no)
  }
  return { staying, alive }
}

function readShards(file: BrokerFile, group: number): ShardRow[] {
  const rows = file.rows('select shard, owner, epoch, low, high, open from shard where grp = ?', group)
  return rows.map(([shard, owner, epoch, low, high, open]) => ({
    shard: Number(shard),
    owner: Number(owner),
    epoch: Number(epoch),
    low: Number(low),
    high: Number(high),
    open: open instanceof Uint8Array ? open : new Uint8Array(),
  }))
}

function takeShard(file: BrokerFile, me: Member, member: number, row: ShardRow | undefined): Taken | undefined {
  if (!row) return undefined
  const { group } = me
  for (const { id, handedOut } of decodeOpenIds(row.low, row.open)) {
    copyAside(file, group, row.shard, id, handedOut)
  }
  file.run(
    "update shard set owner = ?, epoch = ?, low = high, open = x'' where grp = ? and shard = ?",
    member,
    row.epoch + 1,
    group.no,
    row.shard,
  )
  return { no: row.shard, epoch: row.epoch + 1, high: row.high, lanes: lanesAside(file, group.no, row.shard) }
}

/** Copies a message from the log aside, where it holds back the clean-up of the log no more. Answers its lane. */
export function copyAside(
  file: BrokerFile,
  group: KnownGroup,
  shard: number,
  id: number,
  handedOut: boolean,
): string | undefined {
  const [row] = file.rows(`select message from ${logOf(group.topic)} where id = ?`, id)
  const message = row?.[0]
  if (!(message instanceof Uint8Array)) return undefined
  const lane = laneOf(group, id, message)
  const out = handedOut ? 1 : 0
  file.run('insert or replace into aside values (?, ?, ?, ?, ?, ?)', group.no, shard, id, lane, out, message)
  return lane
}

/** The line that a message stands in: its key's, or one of its own. */
export function laneOf(group: KnownGroup, id: number, message: Uint8Array): string {
  const key = group.order === 'key' ? keyOf(message) : undefined
  return key === undefined ? `i:${id}` : laneOfKey(key)
}

export const laneOfKey = (key: string): string => `k:${key}`
export const keyOfLane = (lane: string): string | undefined => (lane.startsWith('k:') ? lane.slice(2) : undefined)

// One step of the index for each lane, however many messages lie in it.
function lanesAside(file: BrokerFile, group: number, shard: number): string[] {
  const lanes: string[] = []
  for (let lane = ''; ; ) {
    const sql = 'select min(lane) from aside where grp = ? and shard = ? and lane > ?'
    const next = file.rows(sql, group, shard, lane)[0]?.[0]
    if (typeof next !== 'string') return lanes
    lanes.push(next)
    lane = next
  }
}
