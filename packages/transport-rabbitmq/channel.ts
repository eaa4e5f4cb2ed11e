/** Channels whose ends are heard: an error without a listener would end the process. */
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'

/** Hears of the channel's end, and what the broker said against it, if it did. */
export type Closed = (error: Error | undefined) => void

export async function openChannel(model: ChannelModel, closed: Closed): Promise<Channel> {
  return heard(await model.createChannel(), closed)
}

export async function openConfirmChannel(model: ChannelModel, closed: Closed): Promise<ConfirmChannel> {
  return heard(await model.createConfirmChannel(), closed)
}

function heard<One extends Channel>(channel: One, closed: Closed): One {
  let said: Error | undefined
  channel.on('error', (error) => {
    said = error
  })
  channel.on('close', () => closed(said))
  return channel
}
