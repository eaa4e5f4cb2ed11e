/** A fetch as Kafka's protocol has it, version 17: the question is the client's, the answer is read here without decoding its records. */
import { type API, createAPI, fetchV17, type Reader } from '@platformatic/kafka'
import type { Aborted } from './records.ts'

export interface FetchQuestion {
  readonly topicId: string
  readonly partitions: readonly FetchPosition[]
}

export interface FetchPosition {
  readonly partition: number
  readonly fetchOffset: bigint
  readonly partitionMaxBytes: number
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

export interface FetchedPartition {
  readonly topicId: string
  readonly partition: number
  readonly errorCode: number
  readonly aborted: readonly Aborted[]
  readonly records: Buffer
  /** The log does not go on behind what the last fetched epoch wrote: where it parts from what was read. */
  readonly diverging: Divergence | undefined
}

export interface Divergence {
  /** The last leader up to the one that was named whose records are still there. */
  readonly leaderEpoch: number
  /** Where these end. */
  readonly end: number
}

type Question = [
  maxWaitMs: number,
  minBytes: number,
  maxBytes: number,
  isolationLevel: number,
  sessionId: number,
  sessionEpoch: number,
  topics: readonly FetchQuestion[],
  forgotten: readonly never[],
  rack: string,
]

export const fetchApi: API<Question, FetchAnswer> = createAPI(1, 17, fetchV17.createRequest, readAnswer)

const nothing = Buffer.alloc(0)

function readAnswer(_correlationId: number, _apiKey: number, _apiVersion: number, reader: Reader): FetchAnswer {
  reader.readInt32() // how long we are throttled
  const errorCode = reader.readInt16()
  reader.readInt32() // the session, of which there is none
  const topics = reader.readArray((topic) => {
    const topicId = topic.readUUID()
    return topic.readArray((partition) => readPartition(partition, topicId), true, false)
  })
  return { errorCode, partitions: (topics ?? []).flatMap((partitions) => partitions ?? []) }
}

function readPartition(reader: Reader, topicId: string): FetchedPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64() // the high watermark
  reader.readInt64() // the last stable offset
  reader.readInt64() // the start of the log
  const aborted = reader.readNullableArray((one) => ({ producerId: one.readInt64(), firstOffset: one.readInt64() }))
  reader.readInt32() // a replica nearer by
  const length = reader.readUnsignedVarInt() - 1
  const records = length > 0 ? reader.buffer.slice(reader.position, reader.position + length) : nothing
  reader.skip(Math.max(0, length))
  return { topicId, partition, errorCode, aborted: aborted ?? [], records, diverging: readDivergence(reader) }
}

const divergingTag = 0

/** Among the fields that are there only now and then, each with its number and its length. */
function readDivergence(reader: Reader): Divergence | undefined {
  let diverging: Divergence | undefined
  for (let left = reader.readUnsignedVarInt(); left > 0; left -= 1) {
    const tag = reader.readUnsignedVarInt()
    const length = reader.readUnsignedVarInt()
    const end = reader.position + length
    if (tag === divergingTag) diverging = { leaderEpoch: reader.readInt32(), end: Number(reader.readInt64()) }
    reader.skip(end - reader.position)
  }
  return diverging
}
