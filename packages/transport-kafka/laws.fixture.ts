/** Opens Kafka in whatever process a law asks for, and the broker for it. */
import type { Transport } from '@vestnik/bus/transport'
import { openKafkaTransport } from './index.ts'

/** How long a silent member is waited for: what the broker of these tests is told. */
export const leaseMs = 3000

/** Lines of the broker's configuration. */
export const shortSessions: readonly string[] = [
  `group.consumer.session.timeout.ms=${leaseMs}`,
  'group.consumer.min.session.timeout.ms=1000',
  'group.consumer.heartbeat.interval.ms=500',
  'group.consumer.min.heartbeat.interval.ms=500',
]

/** A broker makes its own places, for groups and producers, with the first that asks: no law should wait for that. */
export async function warmUp(url: string): Promise<void> {
  const group = { topic: 'warm-up', name: 'warm-up', order: 'key', concurrency: 1 } as const
  const transport = await openKafkaTransport(url)
  const arrived = Promise.withResolvers<void>()
  try {
    await transport.ensure({ topics: [{ name: group.topic, partitions: 1 }], groups: [group] })
    await transport.subscribe(group, async () => arrived.resolve())
    await transport.publish([{ id: 'w1', topic: group.topic, key: 'w', headers: {}, body: Buffer.from('{}') }])
    await arrived.promise
  } finally {
    await transport.close()
  }
}

export function openForLaws(url: string): Promise<Transport> {
  return openKafkaTransport(url)
}
