/** Appends frames of messages to the logs: all frames that wait share one durable commit. */
import { Buffer } from 'node:buffer'
import type { CrashPoint } from './crash.ts'
import { type BrokerFile, faultOf } from './file.ts'
import { keyRange } from './message.ts'
import type { Fault, Frame, FrameResult } from './protocol.ts'
import { shardCount, shardOf } from './shard.ts'
import { type KnownTopic, logOf } from './topology.ts'

export interface Append {
  readonly results: readonly FrameResult[]
  /** Topics that got messages. */
  readonly touched: ReadonlySet<number>
}

export interface Appender {
  /** Never throws: a failure stands in the results. */
  append(frames: readonly Frame[]): Promise<Append>
}

/** `topicOf` is asked inside the transaction, so it sees what others made before. */
export function createAppender(
  file: BrokerFile,
  topicOf: (name: string) => KnownTopic | undefined,
  refresh: () => void,
  crash: (point: CrashPoint) => void,
): Appender {
  const failed = new Set<number>()
  let nextShard = 0

  // A statement for several rows takes a third less time than one for each.
  function insert(topic: KnownTopic, values: (number | Uint8Array)[]): void {
    const one = `insert into ${logOf(topic)} (shard, message) values (?, ?)`
    const some = one + ', (?, ?)'.repeat(rowsAtOnce - 1)
    let next = 0
    for (; next + 2 * rowsAtOnce <= values.length; next += 2 * rowsAtOnce) {
      file.run(some, ...values.slice(next, next + 2 * rowsAtOnce))
    }
    for (; next < values.length; next += 2) file.run(one, ...values.slice(next, next + 2))
  }

  /** Sorts the frame's messages by topic, in their order; answers the indexes of those without one. */
  function sort(frame: Frame, rows: Map<KnownTopic, (number | Uint8Array)[]>): number[] {
    const source = Buffer.from(frame.buffer)
    const topics = frame.topics.map(topicOf)
    const unknown: number[] = []
    let offset = 0
    for (let i = 0; i < frame.count; i += 1) {
      const start = offset + 8
      const end = start + source.readUInt32LE(offset)
      const topic = topics[source.readUInt32LE(offset + 4)]
      if (!topic) unknown.push(i)
      // Nobody could ever read it: it counts as sent.
      else if (topic.hasGroups) rowsOf(rows, topic).push(shardFor(source, start), source.subarray(start, end))
      offset = end
    }
    return unknown
  }

  function shardFor(source: Buffer, start: number): number {
    const range = keyRange(source, start)
    if (range) return shardOf(source, range[0], range[1])
    nextShard = (nextShard + 1) % shardCount
    return nextShard
  }

  async function store(frames: readonly Frame[]): Promise<Append> {
    return file.write('publish', true, () => {
      refresh()
      const rows = new Map<KnownTopic, (number | Uint8Array)[]>()
      const results = frames.map((frame) => ({ no: frame.no, fault: undefined, unknown: sort(frame, rows) }))
      for (const [topic, values] of rows) insert(topic, values)
      crash('publish.begun')
      return { results, touched: new Set([...rows.keys()].map((topic) => topic.no)) }
    })
  }

  // A later part of a failed call must not be stored either: it may hold later messages of the same keys.
  function fail(frame: Frame, fault: Fault): FrameResult {
    failed.add(frame.no)
    const oldest = failed.values().next().value
    if (failed.size > 10_000 && oldest !== undefined) failed.delete(oldest)
    return { no: frame.no, fault, unknown: [] }
  }

  return {
    async append(frames) {
      const sound: Frame[] = []
      const rest: FrameResult[] = []
      for (const frame of frames) {
        if (frame.after !== undefined && failed.has(frame.after)) rest.push(fail(frame, behindFailed))
        else sound.push(frame)
      }
      try {
        const { results, touched } = await store(sound)
        return { results: [...results, ...rest], touched }
      } catch (error) {
        const fault = faultOf(error, 'publish')
        return { results: [...sound.map((frame) => fail(frame, fault)), ...rest], touched: new Set() }
      }
    },
  }
}

const rowsAtOnce = 8

function rowsOf(rows: Map<KnownTopic, (number | Uint8Array)[]>, topic: KnownTopic): (number | Uint8Array)[] {
  const known = rows.get(topic) ?? []
  rows.set(topic, known)
  return known
}

const behindFailed: Fault = { code: 'FILE_UNUSABLE', text: 'publish: an earlier part of the same call was not stored' }
