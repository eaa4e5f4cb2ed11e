/** RabbitMQ as the broker, from 3.10 on: the same promises as the others, with nothing installed in it. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Health, Outgoing, Subscription, Topology, Transport } from '@vestnik/bus/transport'
import { openConnection } from './connection.ts'
import { startMending } from './mending.ts'
import { namesFor } from './names.ts'
import { type RabbitTransportOptions, readSettings } from './options.ts'
import { startPublisher } from './publisher.ts'
import { askPartitions } from './questions.ts'
import { type Consumer, startConsumer } from './subscription.ts'
import { createPlaces } from './topology.ts'

export type { RabbitTransportOptions } from './options.ts'

/** How long a call waits for a broker that is away. */
const waitMs = 10_000
/** How long opening waits for the first answer: refused credentials are told at once. */
const openMs = 5_000

/**
 * Opens a connection to publish and one to read, as an alarm of the broker stops the first only. Where nobody answers
 * both keep trying.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, `BROKER_REFUSED`
 */
export async function openRabbitTransport(url: string, options: RabbitTransportOptions = {}): Promise<Transport> {
  const settings = readSettings(url, options)
  const { shown, maxBodyBytes } = settings
  const names = namesFor(settings.topicNames)
  const reading = openConnection(settings, 'reading')
  const publishing = openConnection(settings, 'publishing')
  const ask = async (queue: string) => askPartitions(await publishing.wait(waitMs, `ask ${queue}`), queue)
  const { plainQueues, settleMs, log } = settings
  const places = createPlaces({ names, plainQueues, settleMs, ask, log })
  const find = async (topic: string) => places.findRoute(await reading.wait(waitMs, `look for ${topic}`), topic)
  const publisher = startPublisher(publishing, settings, find)
  const consumers = new Set<Consumer>()
  const mending = startMending(reading, settings.lookMs, async (model) => {
    await places.mend(model)
    await Promise.all([...consumers].map((consumer) => consumer.look(model)))
  })
  let closing: Promise<void> | undefined

  function refuseClosed(attempt: string): void {
    if (closing) throw new BusError('TRANSPORT_CLOSED', `${attempt}: the transport on ${shown} is closed`)
  }

  async function close(): Promise<void> {
    mending.close()
    await Promise.all([publisher.close(), ...[...consumers].map((consumer) => consumer.stop())])
    await Promise.all([reading.close(), publishing.close()])
  }

  async function opened(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, openMs).unref())
    await Promise.race([Promise.all([reading.first, publishing.first]), late])
  }

  await opened().catch(async (error: unknown) => {
    await close()
    throw error
  })

  return {
    name: 'rabbitmq',
    traits: { retainsHistory: false, maxBodyBytes },
    async ensure(topology: Topology): Promise<void> {
      refuseClosed('ensure')
      places.check(topology.groups)
      await places.ensure(await reading.wait(waitMs, 'ensure'), topology)
    },
    async publish(messages: readonly Outgoing[]): Promise<void> {
      refuseClosed('publish')
      await publisher.publish(messages)
    },
    async subscribe(group: Group, deliver: Deliver): Promise<Subscription> {
      refuseClosed(`subscribe to ${group.topic} as ${group.name}`)
      if (!(Number.isSafeInteger(group.concurrency) && group.concurrency > 0)) {
        throw new BusError('BAD_OPTION', `subscribe ${group.name}: concurrency is ${group.concurrency}, not at least 1`)
      }
      places.check([group])
      const isOrdered = group.order === 'key'
      const consumer = await startConsumer(group, deliver, {
        connection: reading,
        places,
        prefetch: isOrdered ? settings.orderedPrefetch : Math.max(settings.freePrefetch, group.concurrency),
        members: isOrdered ? names.members(group.topic, group.name) : undefined,
        heartbeatSeconds: settings.heartbeatSeconds,
      })
      consumers.add(consumer)
      if (closing) await consumer.stop()
      return { drain: (deadline) => consumer.drain(deadline).finally(() => consumers.delete(consumer)) }
    },
    health(): Health {
      if (closing) return { ready: false, reason: `the transport on ${shown} is closed` }
      const troubles = [...consumers].map((consumer) => consumer.trouble())
      const reason = [reading.trouble(), publishing.trouble(), ...troubles].find((one) => one !== undefined)
      return reason === undefined ? { ready: true } : { ready: false, reason }
    },
    close(): Promise<void> {
      closing ??= close()
      return closing
    },
  }
}
