/** Writes what a member holds into the file. All inside the caller's transaction; every shard only while it is its own. */
import type { CrashPoint } from './crash.ts'
import type { BrokerFile } from './file.ts'
import { bit, lowOf, type Op, type Release, type Shard } from './holdings.ts'
import { copyAside } from './membership.ts'
import { encodeOpenIds } from './open-ids.ts'
import { tagOf } from './protocol.ts'
import { countChange, type KnownGroup } from './topology.ts'

export interface Books {
  apply(op: Op): void
  save(shard: Shard, member: number): void
  /** Gives the shard away, and notes exactly what was handed out. */
  release(release: Release, member: number): void
}

export function createBooks(file: BrokerFile, group: KnownGroup, crash: (point: CrashPoint) => void): Books {
  function mark(shard: Shard, id: number, handedOut: boolean): void {
    const sql = 'update aside set handed_out = ? where grp = ? and shard = ? and id = ?'
    file.run(sql, handedOut ? 1 : 0, group.no, shard.no, id)
  }

  function laneAside(shard: Shard, id: number): string {
    const sql = 'select lane from aside where grp = ? and shard = ? and id = ?'
    return String(file.rows(sql, group.no, shard.no, id)[0]?.[0])
  }

  function write(shard: Shard, wasOut: (id: number, code: number) => boolean, member: number, owner: number): void {
    const low = lowOf(shard)
    const open = [...shard.held]
      .filter(([, code]) => !(code & bit.aside))
      .map(([id, code]) => ({ id, handedOut: wasOut(id, code) }))
    const sql =
      'update shard set low = ?, high = ?, open = ?, owner = ? where grp = ? and shard = ? and owner = ? and epoch = ?'
    const blob = encodeOpenIds(low, open)
    const written = file.run(sql, low, shard.pos, blob, owner, group.no, shard.no, member, shard.epoch)
    // Undoes the transaction: the next one looks at what this member still holds.
    if (written === 0) throw new Error(`shard ${shard.no} of topic ${group.topic.name} belongs to another member`)
  }

  return {
    apply({ shard, id, kind, handedOut }) {
      if (kind === 'remove') {
        file.run('delete from aside where grp = ? and shard = ? and id = ?', group.no, shard.no, id)
      } else if (kind === 'fetch') {
        mark(shard, id, handedOut)
      } else if (kind === 'return') {
        mark(shard, id, handedOut)
        shard.asideLanes.add(laneAside(shard, id))
      } else {
        const lane = copyAside(file, group, shard.no, id, handedOut)
        if (kind === 'spill' && lane !== undefined) shard.asideLanes.add(lane)
        crash('aside.begun')
      }
    },
    // Until it is given away, whatever was claimed may have been handed out: this process may die at any time.
    save: (shard, member) => write(shard, () => true, member, member),
    release({ shard, handedOut }, member) {
      const wasOut = (id: number, code: number) => (code & bit.redelivered) !== 0 || handedOut.has(tagOf(id, shard.no))
      write(shard, wasOut, member, 0)
      for (const [id, code] of shard.held) if (code & bit.aside) mark(shard, id, wasOut(id, code))
      countChange(file)
    },
  }
}
