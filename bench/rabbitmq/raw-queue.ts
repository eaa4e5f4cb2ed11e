/** A quorum queue with amqplib alone. */
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import type { RabbitPlace } from '../peers/rabbitmq.ts'

export interface QueueInput {
  readonly folder: string
  readonly rabbit: RabbitPlace
  readonly warm: number
  readonly count: number
}

/** Makes the queue; the answer is a channel whose returned messages are errors, as none is expected. */
export async function openQueue(connection: ChannelModel, name: string): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel()
  await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  channel.on('return', () => {
    throw new Error('the broker returned a message')
  })
  return channel
}
