/** Channels whose ends are heard: an error without a listener would end the process. */
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'

export async function openChannel(model: ChannelModel, closed: () => void): Promise<Channel> {
  return heard(await model.createChannel(), closed)
}

export async function openConfirmChannel(model: ChannelModel, closed: () => void): Promise<ConfirmChannel> {
  return heard(await model.createConfirmChannel(), closed)
}

function heard<One extends Channel>(channel: One, closed: () => void): One {
  // What the broker said comes with the answer that it refused, or in the connection's end.
  channel.on('error', () => {})
  channel.on('close', closed)
  return channel
}
