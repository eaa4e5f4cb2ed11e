/**
 * A channel that publishes with confirms. What is sent in one turn goes out in one write, in frames of our own; the
 * client hears what comes back.
 */
import type { ChannelModel, Message } from 'amqplib'
import { openConfirmChannel, wireOf } from './channel.ts'
import { createFrames } from './frames.ts'
import type { Properties } from './message.ts'

export interface Outlet {
  /** Answers the number under which it will be confirmed. @throws what cannot be sent at all */
  send(exchange: string, routingKey: string, properties: Properties, body: Uint8Array): number
}

export interface OutletEvents {
  /** The broker has this number, or with `multiple` all up to it; or it will not have them. */
  confirmed(outlet: Outlet, through: number, multiple: boolean, isStored: boolean): void
  returned(message: Message): void
  /** With it go all confirms. With what the broker said, if it closed it. */
  lost(outlet: Outlet, error: Error | undefined): void
}

interface Confirm {
  readonly deliveryTag: number
  readonly multiple: boolean
}

export async function openOutlet(model: ChannelModel, events: OutletEvents): Promise<Outlet> {
  const channel = await openConfirmChannel(model, (error) => {
    isOpen = false
    events.lost(outlet, error)
  })
  const { stream, number, mostBytes } = wireOf(model, channel)
  const frames = createFrames(number, mostBytes)
  let isOpen = true
  let isFlushing = false
  let last = 0

  /** On a channel that is closed they would cost the connection. */
  function flush(): void {
    isFlushing = false
    for (const bytes of frames.take()) if (isOpen) stream.write(bytes)
  }

  const outlet: Outlet = {
    send(exchange, routingKey, properties, body) {
      frames.add(exchange, routingKey, properties, body)
      last += 1
      if (!isFlushing) {
        isFlushing = true
        process.nextTick(flush)
      }
      return last
    },
  }
  channel.on('ack', ({ deliveryTag, multiple }: Confirm) => events.confirmed(outlet, deliveryTag, multiple, true))
  channel.on('nack', ({ deliveryTag, multiple }: Confirm) => events.confirmed(outlet, deliveryTag, multiple, false))
  channel.on('return', events.returned)
  return outlet
}
