/** Looks now and then whether what nothing else would tell of is still as it should be, and mends it. */
import type { ChannelModel } from 'amqplib'
import type { Connection } from './connection.ts'

export interface Mending {
  close(): void
}

/** `look` never rejects. */
export function startMending(
  connection: Connection,
  everyMs: number,
  look: (model: ChannelModel) => Promise<void>,
): Mending {
  let isLooking = false
  const timer = setInterval(() => void tryToLook(), everyMs)
  timer.unref()

  async function tryToLook(): Promise<void> {
    const model = connection.now()
    if (isLooking || !model) return
    isLooking = true
    await look(model)
    isLooking = false
  }

  return { close: () => clearInterval(timer) }
}
