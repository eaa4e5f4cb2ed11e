/** Apache Kafka as the broker, from 4.0 on in KRaft mode: the same promises as the others. */
import { BusError } from '@vestnik/bus/errors'
import type { Deliver, Group, Health, Outgoing, Subscription, Topology, Transport } from '@vestnik/bus/transport'
import { watchBroker } from './broker.ts'
import { createClients } from './clients.ts'
import { type Consumer, startConsumer } from './consumer.ts'
import { openLink } from './link.ts'
import { namesFor } from './names.ts'
import { type KafkaTransportOptions, readSettings } from './options.ts'
import { startPublisher } from './publisher.ts'
import { createPlaces } from './topology.ts'
import { createWarnings } from './warnings.ts'

export type { KafkaTransportOptions } from './options.ts'

/**
 * Opens nothing that stays open but what is used: lanes to publish when something is published, a consumer for each
 * subscription. Where nobody answers all of it keeps trying.
 * @throws BusError `BAD_URL`, `BAD_OPTION`, `BROKER_REFUSED`
 */
export async function openKafkaTransport(url: string, options: KafkaTransportOptions = {}): Promise<Transport> {
  const settings = readSettings(url, options)
  const { shown, maxBodyBytes } = settings
  const names = namesFor(settings.topicNames)
  const clients = createClients(settings)
  const broker = watchBroker(settings, clients)
  const link = openLink(settings, 0)
  const places = createPlaces({ settings, names, broker, link })
  const warn = createWarnings({ settings, names, broker })
  const publisher = startPublisher({ settings, names, places, link })
  const consumers = new Set<Consumer>()
  let closing: Promise<void> | undefined

  function refuseClosed(attempt: string): void {
    if (closing) throw new BusError('TRANSPORT_CLOSED', `${attempt}: the transport on ${shown} is closed`)
  }

  async function close(): Promise<void> {
    await Promise.all([publisher.close(), ...[...consumers].map((consumer) => consumer.stop())])
    await broker.close()
    link.close()
  }

  await broker.first.catch(async (error: unknown) => {
    closing = close()
    await closing
    throw error
  })

  return {
    name: 'kafka',
    traits: { retainsHistory: true, maxBodyBytes },
    async ensure(topology: Topology): Promise<void> {
      refuseClosed('ensure')
      await places.ensure(topology)
      void warn(topology)
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
      const consumer = await startConsumer(group, deliver, { settings, names })
      consumers.add(consumer)
      if (closing) await consumer.stop()
      return { drain: (deadline) => consumer.drain(deadline).finally(() => consumers.delete(consumer)) }
    },
    health(): Health {
      if (closing) return { ready: false, reason: `the transport on ${shown} is closed` }
      const troubles = [...consumers].map((consumer) => consumer.trouble())
      const reason = [broker.trouble(), publisher.trouble(), ...troubles].find((one) => one !== undefined)
      return reason === undefined ? { ready: true } : { ready: false, reason }
    },
    close(): Promise<void> {
      closing ??= close()
      return closing
    },
  }
}
