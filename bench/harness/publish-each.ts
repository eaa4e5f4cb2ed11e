/** Publishes with ours, whatever the broker. */
import type { Topology, Transport } from '@vestnik/bus/transport'
import { message } from './messages.ts'
import { type Counts, reportPublishing } from './publishing.ts'

export async function publishEach(transport: Transport, topology: Topology, counts: Counts): Promise<void> {
  await transport.ensure(topology)
  // Made beforehand, as those of the others are.
  const messages = Array.from({ length: counts.warm + counts.count }, (_, n) => [message(n)])
  await reportPublishing(counts, (n) => transport.publish(messages[n] ?? []))
  await transport.close()
}
