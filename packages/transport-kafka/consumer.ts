/** One group at one member: its lives in the group, what of its partitions runs, and the way out. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Incoming } from '@vestnik/bus/transport'
import { createDeliveries } from './deliveries.ts'
import type { Lane } from './lanes.ts'
import { becomeMember, type Membership } from './membership.ts'
import { fromRecord } from './message.ts'
import type { Names } from './names.ts'
import type { Settings } from './options.ts'
import type { Batch, KafkaRecord } from './records.ts'
import type { Share } from './share.ts'
import { checkTopic } from './subscribable.ts'

export interface Consumer {
  drain(deadline?: AbortSignal): Promise<void>
  /** Ends at once: aborts what runs, and gives back what is in hand. */
  stop(): Promise<void>
  /** Why it does not read all that is its own; undefined when it does. */
  trouble(): string | undefined
}

export interface ConsumerParts {
  readonly settings: Settings
  readonly names: Names
}

/** How long a subscription waits for a broker that is away before it is refused. */
const waitMs = 10_000
/** A message that is handed back comes again after this, doubled each time up to the most. */
const firstPauseMs = 50
const longestPauseMs = 1600
/** How long a loss is told of by `trouble`. */
const lossMs = 60_000

/** Resolves when the group is joined. @throws BusError `UNKNOWN_TOPIC`, `BROKER_UNREACHABLE`, `BROKER_REFUSED` */
export async function startConsumer(group: Group, deliver: Deliver, parts: ConsumerParts): Promise<Consumer> {
  const { settings } = parts
  const topic = parts.names.topic(group.topic)
  const attempt = `subscribe ${group.name} to ${group.topic} on ${settings.shown}`
  const deliveries = createDeliveries(deliver, ended)
  const idle = Promise.withResolvers<void>()
  let ready: { readonly share: Share; readonly lane: Lane }[] = []
  let next = 0
  let state: 'open' | 'draining' | 'ended' = 'open'
  let lives = Math.floor(Math.random() * settings.brokers.length)
  let leaving: Promise<void> | undefined
  let former: string | undefined
  let loss: string | undefined
  let lostAt = Number.NEGATIVE_INFINITY

  // What runs.

  function offered(share: Share, lanes: readonly Lane[]): void {
    for (const lane of lanes) ready.push({ share, lane })
    pump()
  }

  function arrived(share: Share, batches: readonly Batch[]): void {
    offered(share, share.take(batches, group.order === 'key'))
  }

  function pump(): void {
    if (state !== 'open' || !member.isAlive()) return
    while (deliveries.size() < group.concurrency && next < ready.length) {
      const { share, lane } = ready[next] ?? {}
      next += 1
      if (!share || !lane || share.isLeaving || share.isOver) continue
      if (share.mayStart(lane)) start(share, lane)
      else member.commits.now(share)
    }
    if (next > 1024 || next === ready.length) {
      ready = ready.slice(next)
      next = 0
    }
  }

  function start(share: Share, lane: Lane): void {
    deliveries.start(share, lane, messageOf(share, lane.first.record, share.start(lane)))
  }

  function messageOf({ place }: Share, record: KafkaRecord, redelivered: boolean): Incoming {
    const { key, value, timestamp, offset } = record
    const { headers, unreadable } = headersOf(record)
    const from = { topic: group.topic, name: topic, partition: place.partition }
    const message = fromRecord({ key, value, headers, timestamp, offset }, from, redelivered)
    // It is handed out all the same: whoever looks at the dead letters finds it there.
    return unreadable ? { ...message, body: Buffer.from(`not readable: ${unreadable}`) } : message
  }

  function ended(share: Share, lane: Lane, done: boolean): void {
    if (done) {
      const hadRoom = share.wantsMore()
      if (share.finish(lane)) ready.push({ share, lane })
      member.commits.soon(share)
      if (!hadRoom && share.wantsMore()) member.fetching.wake()
    } else {
      lane.first.returns += 1
      const ms = Math.min(firstPauseMs * 2 ** (lane.first.returns - 1), longestPauseMs)
      setTimeout(() => offered(share, [lane]), ms * (0.75 + Math.random() / 2)).unref()
    }
    if (share.running === 0) member.idle(share)
    if (state === 'draining' && deliveries.size() === 0) idle.resolve()
    pump()
  }

  // Its lives in the group.

  function join(): Membership {
    lives += 1
    return becomeMember({
      ...{ settings, topic, group: group.name, firstBroker: lives, former, offered, arrived },
      abandoned: (share, why) => deliveries.abort(why, share),
      lost(what) {
        loss = what
        lostAt = performance.now()
        settings.log(what)
      },
    })
  }

  async function live(): Promise<void> {
    while (state !== 'ended') {
      await member.ended
      if (state === 'draining' && deliveries.size() === 0) idle.resolve()
      if (state !== 'open') return
      former = member.id
      member = join()
    }
  }

  // The ways out.

  function leave(): Promise<void> {
    leaving ??= (async () => {
      state = 'ended'
      await member.leave()
    })()
    return leaving
  }

  await checkTopic(settings, topic, attempt)
  let member = join()
  const joining = member.joined.then(
    () => undefined,
    () => 'BROKER_REFUSED' as const,
  )
  const failure = await Promise.race([joining, sleep(waitMs, 'BROKER_UNREACHABLE' as const, { ref: false })])
  if (failure) {
    const why = member.trouble() ?? 'no answer'
    await leave()
    throw new BusError(failure, `${attempt}: ${why}`)
  }
  void live()

  return {
    async drain(deadline) {
      if (state === 'open') state = 'draining'
      const stop = () => {
        deliveries.abort('the deadline of the drain is over')
        idle.resolve()
      }
      if (deliveries.size() === 0) idle.resolve()
      if (deadline?.aborted) stop()
      else deadline?.addEventListener('abort', stop, { once: true })
      await idle.promise.finally(() => deadline?.removeEventListener('abort', stop))
      await leave()
    },
    async stop() {
      deliveries.abort('the transport is closed')
      idle.resolve()
      await leave()
    },
    trouble() {
      if (state !== 'open') return undefined
      const why = member.trouble() ?? (member.isAlive() ? undefined : 'it is not a member of the group')
      if (why !== undefined) return `${attempt}: ${why}`
      return performance.now() - lostAt < lossMs ? loss : undefined
    },
  }
}

function headersOf(record: KafkaRecord) {
  try {
    return { headers: record.headers(), unreadable: record.unreadable }
  } catch {
    return { headers: [], unreadable: 'its headers are cut off' }
  }
}
