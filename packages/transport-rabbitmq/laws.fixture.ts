/** Opens RabbitMQ in whatever process a law asks for. */
import type { Transport } from '@vestnik/bus/transport'
import { openRabbitTransport } from './index.ts'

/** The shortest that AMQP knows: after three silent seconds at most a member is given up. */
const heartbeatSeconds = 1
export const leaseMs: number = 3000 * heartbeatSeconds

/** Does not wait until new queues are on the disk: the laws make hundreds, and wait themselves before they end the broker. */
export function openForLaws(url: string): Promise<Transport> {
  return openRabbitTransport(url, { heartbeatSeconds, settleMs: 0 })
}
