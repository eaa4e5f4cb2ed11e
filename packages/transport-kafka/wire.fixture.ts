/** What clients in this process send, as their library tells of it, and how what they wrote stands in the log. */
import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { metadataV12 } from '@platformatic/kafka'
import { fetchApi } from './fetch-frames.ts'
import { openLink } from './link.ts'
import { readSettings } from './options.ts'

/** The numbers by which Kafka's protocol knows its requests. */
export const apis = { produce: 0, heartbeat: 68 } as const

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

/** Counts attempts to connect to this port. */
export function watchConnects(port: number): Watched {
  let count = 0
  const channel = tracingChannel('plt:kafka:connections:connects')
  const start = (attempt: unknown) => {
    if ((attempt as { port: number }).port === port) count += 1
  }
  channel.start.subscribe(start)
  return { count: () => count, [Symbol.dispose]: () => void channel.start.unsubscribe(start) }
}

/** Watches the requests of this kind to all brokers: how many were sent, and under way at once at most. */
export function watchUnderWay(apiKey: number): { sent(): number; most(): number } & Disposable {
  let sent = 0
  let now = 0
  let most = 0
  const channel = tracingChannel('plt:kafka:connections:api')
  const isMeant = (request: unknown) => (request as { apiKey: number }).apiKey === apiKey
  const start = (request: unknown) => {
    if (!isMeant(request)) return
    sent += 1
    now += 1
    most = Math.max(most, now)
  }
  const answered = (request: unknown) => {
    if (isMeant(request)) now -= 1
  }
  channel.start.subscribe(start)
  channel.asyncStart.subscribe(answered)
  return {
    sent: () => sent,
    most: () => most,
    [Symbol.dispose]() {
      channel.start.unsubscribe(start)
      channel.asyncStart.unsubscribe(answered)
    },
  }
}

/** A batch as it stands in a partition: who wrote it, and how that one has numbered it. */
export interface BatchHead {
  readonly offset: number
  readonly producerId: bigint
  readonly sequence: number
  readonly count: number
}

/** The heads of all batches of a partition. */
export async function batchHeads(url: string, topic: string, partition: number): Promise<readonly BatchHead[]> {
  const link = openLink(readSettings(url, {}), 0)
  try {
    const { topics } = await link.askAny(metadataV12.api, [topic], false, false)
    const topicId = topics[0]?.topicId ?? assert.fail(`there is no topic ${topic}`)
    const heads: BatchHead[] = []
    for (let next = 0; ; ) {
      const position = { ...{ partition, fetchOffset: BigInt(next), partitionMaxBytes: 1 << 20 }, ...anyLeader }
      const question = [{ topicId, partitions: [position] }]
      const answer = await link.askAny(fetchApi, 0, 0, 1 << 20, 0, 0, -1, question, [], '')
      const found = headsIn(answer.partitions[0]?.records ?? Buffer.alloc(0))
      const last = found.at(-1)
      if (last === undefined) return heads
      heads.push(...found)
      next = last.offset + last.count
    }
  } finally {
    link.close()
  }
}

const anyLeader = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 }

function headsIn(records: Buffer): readonly BatchHead[] {
  const heads: BatchHead[] = []
  for (let at = 0; at + 61 <= records.length; at += 12 + records.readInt32BE(at + 8)) {
    heads.push({
      offset: Number(records.readBigInt64BE(at)),
      producerId: records.readBigInt64BE(at + 43),
      sequence: records.readInt32BE(at + 53),
      count: records.readInt32BE(at + 57),
    })
  }
  return heads
}
