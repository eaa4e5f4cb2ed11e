/** The question that stores a batch: one partition at a time, answered when as many brokers hold it as the topic asks for. */
import { type API, createAPI, type Reader, Writer } from '@platformatic/kafka'

export interface Produced {
  /** 0: it is stored. */
  readonly errorCode: number
  /** What the broker says about the error. */
  readonly why: string | null
  /** The offset of its first record. */
  readonly baseOffset: bigint
}

const all = -1
/** How long the broker waits for the other brokers. */
const replicasMs = 3000
/** One of them, in the protocol's short arrays. */
const one = 2

/** Version 9 is known to all brokers from 2.4 on. */
export const produce: API<[topic: string, partition: number, batch: Buffer], Produced> = createAPI(
  ...[0, 9],
  createRequest,
  parseResponse,
)

function createRequest(topic: string, partition: number, batch: Buffer): Writer {
  return Writer.create()
    .appendString(null)
    .appendInt16(all)
    .appendInt32(replicasMs)
    .appendUnsignedVarInt(one)
    .appendString(topic)
    .appendUnsignedVarInt(one)
    .appendInt32(partition)
    .appendUnsignedVarInt(batch.length + 1)
    .append(batch)
    .appendTaggedFields()
    .appendTaggedFields()
    .appendTaggedFields()
}

function parseResponse(_id: number, _key: number, _version: number, reader: Reader): Produced {
  const [topic] = reader.readArray((r) => {
    r.readString()
    return r.readArray(readPartition)
  })
  const found = topic?.[0]
  if (found === undefined) throw new Error('the broker answered for no partition')
  return found
}

function readPartition(reader: Reader): Produced {
  const index = reader.readInt32()
  void index
  const errorCode = reader.readInt16()
  const baseOffset = reader.readInt64()
  reader.readInt64()
  reader.readInt64()
  const whys = reader.readArray((r) => {
    r.readInt32()
    return r.readNullableString()
  })
  return { errorCode, baseOffset, why: reader.readNullableString() ?? whys.find((why) => why !== null) ?? null }
}
