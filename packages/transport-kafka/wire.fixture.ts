/** What clients in this process send, as their library tells of it. */
import { tracingChannel } from 'node:diagnostics_channel'

/** The numbers by which Kafka's protocol knows its requests. */
export const apis = { fetch: 1, commit: 8, heartbeat: 68 } as const

export interface Watched extends Disposable {
  /** How many were sent since the watch began. */
  count(): number
}

/** Counts requests of this kind to this port; without a kind, all. */
export function watchRequests(port: number, apiKey?: number): Watched {
  let count = 0
  const channel = tracingChannel('plt:kafka:connections:api')
  const start = (request: unknown) => {
    const { connection, apiKey: sent } = request as { connection: { port?: number }; apiKey: number }
    if (connection.port === port && (apiKey === undefined || apiKey === sent)) count += 1
  }
  channel.start.subscribe(start)
  return { count: () => count, [Symbol.dispose]: () => void channel.start.unsubscribe(start) }
}

export interface SentBatch {
  readonly partitions: readonly number[]
  readonly count: number
  /** How many other batches of the topic's same partition were under way when it was sent. */
  readonly beside: number
}

/** Keeps what producers are given to send to the topic. */
export function watchSends(topic: string): { readonly sent: readonly SentBatch[] } & Disposable {
  const sent: SentBatch[] = []
  const underWay = new Map<number, number>()
  const channel = tracingChannel('plt:kafka:producer:sends')
  const of = (context: unknown) => {
    const { messages } = (context as { options: { messages: readonly { topic: string; partition: number }[] } }).options
    return messages[0]?.topic === topic ? messages : []
  }
  const add = (partition: number, by: number) => underWay.set(partition, (underWay.get(partition) ?? 0) + by)
  const handlers = {
    start(context: unknown) {
      const messages = of(context)
      const partitions = [...new Set(messages.map(({ partition }) => partition))]
      if (messages.length === 0) return
      const beside = Math.max(...partitions.map((partition) => underWay.get(partition) ?? 0))
      sent.push({ partitions, count: messages.length, beside })
      for (const partition of partitions) add(partition, 1)
    },
    asyncStart(context: unknown) {
      for (const partition of new Set(of(context).map((one) => one.partition))) add(partition, -1)
    },
  }
  channel.start.subscribe(handlers.start)
  channel.asyncStart.subscribe(handlers.asyncStart)
  return {
    sent,
    [Symbol.dispose]() {
      channel.start.unsubscribe(handlers.start)
      channel.asyncStart.unsubscribe(handlers.asyncStart)
    },
  }
}
