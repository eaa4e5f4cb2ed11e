/** Shards: the part of the outbox that this process relays to a broker. The processes of a service share them fairly. */
import type { Engine } from './engine.ts'
import { type Lease, leasesOf } from './lease.ts'
import { shardCount } from './outbox.ts'
import type { Tx } from './store.ts'

/** What a process that dies relayed is taken over by others within this time. */
export const leaseMs = 2_000
/** Members that have been silent for so long are not named any more. */
const forgetMs = 60_000

export interface Shards {
  /** Those that are ours until `dueAt`, with time left to publish what was taken of them. */
  ours(): readonly number[]
  /** When the table has to be looked at again, as our leases must be renewed or another's may be over. */
  dueAt(): number
  /** Whether `share` would change anything. Writes nothing and locks nothing. */
  look(tx: Tx): Promise<boolean>
  /** Renews what is ours, takes what is free, up to our share, and gives up what is more. @returns how it stands then */
  share(tx: Tx): Promise<Standing>
  /** The transaction of `share` is durable. */
  stand(standing: Standing): void
  /** Those of the shards that nobody has taken from us since. Nobody does before the transaction ends. */
  stillOurs(tx: Tx, shards: ReadonlySet<number>): Promise<ReadonlySet<number>>
  /** Others may take them at once. */
  giveUp(tx: Tx): Promise<void>
}

export interface Standing {
  readonly epochs: ReadonlyMap<number, number>
  readonly dueAt: number
}

export function shardsOf({ sql, ports }: Engine, broker: string): Shards {
  const owner = ports.id()
  const leases = leasesOf(sql, owner)
  const count = shardCount[sql.dialect]
  const beginning = `relay ${broker}/`
  const nameOf = (shard: number) => `${beginning}${shard}`
  const member = `${beginning}by ${owner}`
  let standing: Standing = { epochs: new Map(), dueAt: 0 }
  const plan = async (tx: Tx) => planShards(await leases.look(tx, beginning), { beginning, owner, count }, ports.now())

  return {
    ours: () => [...standing.epochs.keys()],
    dueAt: () => standing.dueAt,

    async look(tx) {
      const { hold, dueAt } = await plan(tx)
      // Who has a share must be known to the others, also while it holds nothing yet.
      const changes = hold.length > 0 || count > 1
      if (!changes) standing = { epochs: new Map(), dueAt }
      return changes
    },

    async share(tx) {
      const { hold, giveUp, silent, dueAt } = await plan(tx)
      const now = ports.now()
      const held = await Promise.all(hold.map((shard) => leases.hold(tx, nameOf(shard), now, now + leaseMs)))
      await leases.release(tx, giveUp.map(nameOf))
      await leases.remove(tx, silent)
      if (count > 1) await leases.hold(tx, member, now, now + leaseMs)
      const epochs = hold.flatMap((shard, i): [number, number][] => {
        const epoch = held[i]
        return epoch === undefined ? [] : [[shard, epoch]]
      })
      return { epochs: new Map(epochs), dueAt }
    },

    stand(now) {
      standing = now
    },

    async stillOurs(tx, shards) {
      const kept = await leases.keep(tx, [...shards].map(nameOf))
      const epochOf = new Map(kept.map(({ name, epoch }) => [name, epoch]))
      const isOurs = (shard: number) => {
        const epoch = epochOf.get(nameOf(shard))
        return epoch !== undefined && epoch === standing.epochs.get(shard)
      }
      return new Set([...shards].filter(isOurs))
    },

    async giveUp(tx) {
      const { epochs } = standing
      await leases.release(tx, [...epochs.keys()].map(nameOf))
      if (count > 1) await leases.remove(tx, [member])
    },
  }
}

export interface Plan {
  readonly hold: readonly number[]
  readonly giveUp: readonly number[]
  /** Names of members that are gone. */
  readonly silent: readonly string[]
  readonly dueAt: number
}

interface Own {
  readonly beginning: string
  readonly owner: string
  readonly count: number
}

/** What a process should hold, by what stands in the table: at most its share of the living ones. */
export function planShards(rows: readonly Lease[], { beginning, owner, count }: Own, now: number): Plan {
  const living = rows.filter(({ until }) => until > now)
  const share = Math.ceil(count / new Set([owner, ...living.map((lease) => lease.owner)]).size)
  const byName = new Map(rows.map((lease) => [lease.name, lease]))
  const all = Array.from({ length: count }, (_, shard) => ({ shard, lease: byName.get(`${beginning}${shard}`) }))
  const mine = all.filter(({ lease }) => lease?.owner === owner)
  const free = all.filter(({ lease }) => lease === undefined || (lease.owner !== owner && lease.until <= now))
  const taken = free.slice(0, Math.max(0, share - mine.length))
  const others = all.flatMap(({ lease }) => (lease && lease.owner !== owner && lease.until > now ? [lease.until] : []))
  return {
    // In one order for all, so that nobody waits for one who waits for him.
    hold: [...mine.slice(0, share), ...taken].map(({ shard }) => shard).sort((a, b) => a - b),
    giveUp: mine.slice(share).map(({ shard }) => shard),
    silent: rows.filter((lease) => !byShard(lease) && lease.until < now - forgetMs).map(({ name }) => name),
    dueAt: Math.min(now + leaseMs / 2, ...others),
  }

  function byShard({ name }: Lease): boolean {
    return /^\d+$/.test(name.slice(beginning.length))
  }
}
