/** A few producers that the lanes share: each has one request under way at each broker. One that hangs is replaced. */
import type { MessageToProduce, Producer } from '@platformatic/kafka'
import { type Clients, closeClient } from './clients.ts'

export interface Producers {
  /** @throws what the client throws; rejects after five seconds without an answer */
  send(lane: number, messages: MessageToProduce<Buffer, Buffer, Buffer, Buffer>[]): Promise<void>
  close(): Promise<void>
}

/** More do not publish more: their broker's answers are awaited by one thread. */
const count = 3
/** The client tries again for ever, and some of its calls never settle. */
const watchdogMs = 5000

export function createProducers(clients: Clients): Producers {
  const open: (Producer | undefined)[] = Array.from({ length: count })
  const closings = new Set<Promise<void>>()

  function producerOf(slot: number): Producer {
    const producer = open[slot] ?? clients.openProducer()
    open[slot] = producer
    return producer
  }

  /** Those of other lanes that used it hear of it, and use the new one too. */
  function replace(slot: number, producer: Producer): void {
    if (open[slot] !== producer) return
    open[slot] = undefined
    clients.rotate()
    dismiss(producer)
  }

  function dismiss(producer: Producer): Promise<void> {
    // What it has not written yet must not be sent any more: a close would wait for it.
    for (const [, { socket }] of producer.connections) socket?.destroy()
    const closing = closeClient(producer).finally(() => closings.delete(closing))
    closings.add(closing)
    return closing
  }

  return {
    async send(lane, messages) {
      const slot = lane % count
      const producer = producerOf(slot)
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        replace(slot, producer)
        reject(new Error(`no answer within ${watchdogMs} ms`))
      }, watchdogMs)
      const sending = producer.send({ messages })
      sending.catch(() => {})
      await Promise.race([sending, late]).finally(() => clearTimeout(timer))
    },
    async close() {
      await Promise.all([...open.map((producer) => producer && dismiss(producer)), ...closings])
      open.fill(undefined)
    },
  }
}
