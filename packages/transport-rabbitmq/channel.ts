/** Channels whose ends are heard: an error without a listener would end the process. */
import type { Duplex } from 'node:stream'
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'

/** Where a channel's frames go, when they are not the client's. */
export interface Wire {
  readonly stream: Duplex
  /** The channel's. */
  readonly number: number
  /** What the broker takes in one frame. */
  readonly mostBytes: number
}

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

/** What the client's types do not show. Nothing may be written after the channel's end: it would cost the connection. */
export function wireOf({ connection }: ChannelModel, channel: Channel): Wire {
  const { stream, frameMax } = connection as unknown as { readonly stream: Duplex; readonly frameMax: number }
  const { ch } = channel as unknown as { readonly ch: number }
  return { stream, number: ch, mostBytes: frameMax }
}
