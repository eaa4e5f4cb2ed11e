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

export function openForLaws(url: string): Promise<Transport> {
  return openKafkaTransport(url)
}
