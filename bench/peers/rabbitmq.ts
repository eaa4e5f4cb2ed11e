/** A RabbitMQ of our own for the sides of one row. */
import { connect } from 'amqplib'
import { hasRabbit, sharedRabbit } from '../../tools/brokers/rabbitmq.ts'
import { orderPlaced } from '../harness/orders.ts'
import type { Side } from '../harness/row.ts'
import { type BrokerPlace, type BrokerSide, type BrokerSource, onBroker } from './broker.ts'

export type { BrokerPlace as RabbitPlace, BrokerSide as RabbitSide } from './broker.ts'

const source: BrokerSource = {
  ...{ program: 'rabbitmq', name: 'RabbitMQ', variable: 'TEST_RABBITMQ_URL' },
  ...{ isHere: hasRabbit, open: sharedRabbit, version: serverVersion },
}

export const onRabbit = (sides: readonly BrokerSide[]): readonly Side[] => onBroker(source, sides)

/** Removes what a side has left, its one queue or those of its group. */
export async function removeQueues({ url, name }: BrokerPlace): Promise<void> {
  const model = await connect(url)
  const channel = await model.createChannel()
  const { partitions } = orderPlaced
  const ofGroup = ['members', 'rejected', ...Array.from({ length: partitions }, (_, i) => i)]
  for (const queue of [name, `${name}/partitions`, ...ofGroup.map((part) => `${name}/billing/${part}`)]) {
    await channel.deleteQueue(queue)
  }
  await channel.deleteExchange(name)
  await model.close()
}

async function serverVersion(url: string): Promise<string> {
  const model = await connect(url)
  const { version } = model.connection.serverProperties
  await model.close()
  return `RabbitMQ ${version}`
}
