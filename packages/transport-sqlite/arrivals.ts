/** Messages from the worker, as lanes hold them. */
import type { Incoming } from '@vestnik/bus/transport'
import type { Held } from './lanes.ts'
import type { FromWorkerKind } from './link.ts'
import { unpack } from './message.ts'
import { entryBytes, flags, idOfTag, shardOfTag } from './protocol.ts'

export interface Arrival {
  readonly held: Held
  readonly fromAside: boolean
  /** More of its key lie aside, behind it. */
  readonly more: boolean
}

export function* arrivalsOf(topic: string, { buffer, count }: FromWorkerKind<'messages'>): Generator<Arrival> {
  const source = Buffer.from(buffer)
  let offset = 0
  for (let i = 0; i < count; i += 1) {
    const bits = source.readUInt32LE(offset + 8)
    const end = offset + entryBytes + source.readUInt32LE(offset + 12)
    const held = heldAt(topic, source, offset, end, (bits & flags.redelivered) !== 0)
    yield { held, fromAside: (bits & flags.aside) !== 0, more: (bits & flags.more) !== 0 }
    offset = end
  }
}

function heldAt(topic: string, source: Buffer, start: number, end: number, redelivered: boolean): Held {
  const tag = source.readDoubleLE(start)
  const shard = shardOfTag(tag)
  const { id, key, headers, body } = unpack(source, start + entryBytes, end)
  const at = `sqlite:${topic}/${shard}@${idOfTag(tag)}`
  const message: Incoming =
    key === undefined
      ? { id, topic, headers, body, redelivered, at }
      : { id, topic, key, headers, body, redelivered, at }
  return { tag, shard, bytes: end - start, message, started: false, returns: 0 }
}
