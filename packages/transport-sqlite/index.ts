/** The embedded broker: one SQLite file that many processes share. No server, the same promises as the others. */
import { resolve } from 'node:path'
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Health, Outgoing, Subscription, Topology, Transport } from '@vestnik/bus/transport'
import type { CrashAt } from './crash.ts'
import { openLink } from './link.ts'
import { startPublisher } from './publisher.ts'
import { type Consumer, startConsumer } from './subscription.ts'

export { type CrashAt, type CrashPoint, crashPoints } from './crash.ts'

export interface SqliteTransportOptions {
  /** How long a member's shards stay its own after its last sign of life, in milliseconds. @default 1500 */
  readonly leaseMs?: number
  /** How long a publish waits for a file that others keep locked, in milliseconds. @default 5000 */
  readonly lockMs?: number
  /** A longer body, or longer headers, are refused. @default 1 MiB */
  readonly maxBodyBytes?: number
  /** Called with one sentence when something is worth an operator's while. @default does nothing */
  readonly log?: (text: string) => void
  /** For tests: this process is killed with SIGKILL at the point. */
  readonly crashAt?: CrashAt
}

const mebibyte = 1024 * 1024

/**
 * Opens the broker in this file, and makes file and folder where they are missing. All work on the file happens on a
 * thread of its own.
 * @throws BusError `BAD_OPTION`, `FILE_UNUSABLE`, `FILE_CORRUPT`, `FILE_LOCKED`, `NEWER_VERSION`, `DISK_FULL`
 */
export async function openSqliteTransport(path: string, options: SqliteTransportOptions = {}): Promise<Transport> {
  const leaseMs = positive('leaseMs', options.leaseMs ?? 1500)
  const lockMs = positive('lockMs', options.lockMs ?? 5000)
  const maxBodyBytes = positive('maxBodyBytes', options.maxBodyBytes ?? mebibyte)
  const link = await openLink({ path: resolve(path), leaseMs, lockMs, crashAt: options.crashAt }, options.log)
  const publisher = startPublisher(link, maxBodyBytes)
  const consumers = new Set<Consumer>()
  let closing: Promise<void> | undefined

  function refuseClosed(attempt: string): void {
    if (closing) throw new BusError('TRANSPORT_CLOSED', `${attempt}: the transport on ${path} is closed`)
  }

  return {
    name: 'sqlite',
    traits: { retainsHistory: false, maxBodyBytes },
    async ensure(topology: Topology): Promise<void> {
      refuseClosed('ensure topology')
      await link.call((call) => ({ kind: 'ensure', call, topology }))
    },
    async publish(messages: readonly Outgoing[]): Promise<void> {
      refuseClosed('publish')
      await publisher.publish(messages)
    },
    async subscribe(group: Group, deliver: Deliver): Promise<Subscription> {
      refuseClosed(`subscribe to ${group.topic} as ${group.name}`)
      positive('concurrency', group.concurrency)
      const consumer = await startConsumer(link, group, deliver, { maxBodyBytes, crashAt: options.crashAt })
      consumers.add(consumer)
      return { drain: (deadline) => consumer.drain(deadline).finally(() => consumers.delete(consumer)) }
    },
    health: (): Health => link.health(),
    close(): Promise<void> {
      closing ??= publisher.flush().then(() => link.close([...consumers].map((consumer) => consumer.stop())))
      return closing
    },
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new BusError('BAD_OPTION', `open SQLite broker: ${name} is ${String(value)}, it must be a whole number above 0`)
}
