/** Gathers the messages of all callers into frames for the worker, and tells each caller what became of its own. */
import { BusError, PublishError, type Refusal } from '@vestnik/bus/errors'
import type { Outgoing } from '@vestnik/bus/transport'
import type { Link } from './link.ts'
import { pack, roomFor } from './message.ts'
import type { Fault, FrameResult } from './protocol.ts'

export interface Publisher {
  publish(messages: readonly Outgoing[]): Promise<void>
  /** Sends what was gathered. Resolves when all callers so far have their answer. */
  flush(): Promise<void>
}

interface Call {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  readonly refused: Refusal[]
  readonly doubtful: string[]
  cause: BusError | undefined
  /** Frames without an answer, and 1 while messages are still being added. */
  open: number
}

/** A caller's messages in one frame: from its entry `first` on. */
interface Piece {
  readonly call: Call
  readonly first: number
  readonly messages: Outgoing[]
}

interface OpenFrame {
  buffer: Buffer<ArrayBuffer>
  end: number
  count: number
  readonly topics: Map<string, number>
  readonly pieces: Piece[]
  readonly after: number | undefined
}

const frameBytes = 512 * 1024
const firstBytes = 16 * 1024

export function startPublisher(link: Link, maxBodyBytes: number): Publisher {
  const sent = new Map<number, Piece[]>()
  let frame: OpenFrame | undefined
  let lastNo = 0
  let idle: (() => void)[] = []

  function send(): void {
    if (!frame) return
    lastNo += 1
    sent.set(lastNo, frame.pieces)
    const { buffer, count, after } = frame
    const topics = [...frame.topics.keys()]
    frame = undefined
    link.post({ kind: 'publish', frame: { no: lastNo, topics, buffer: buffer.buffer, count, after } }, [buffer.buffer])
  }

  function open(after: number | undefined): OpenFrame {
    // All callers of this turn of the event loop share the frame, and so the commit.
    if (!after) setImmediate(send)
    return { buffer: Buffer.allocUnsafeSlow(firstBytes), end: 0, count: 0, topics: new Map(), pieces: [], after }
  }

  function add(call: Call, message: Outgoing, headers: string): void {
    const room = roomFor(message, headers) + 8
    let after: number | undefined
    if (frame && frame.end + room > frameBytes) {
      if (frame.pieces.at(-1)?.call === call) after = lastNo + 1
      send()
    }
    frame ??= open(after)
    if (frame.end + room > frame.buffer.length) frame.buffer = grown(frame.buffer, frame.end, frame.end + room)
    let piece = frame.pieces.at(-1)
    if (piece?.call !== call) {
      piece = { call, first: frame.count, messages: [] }
      frame.pieces.push(piece)
      call.open += 1
    }
    piece.messages.push(message)
    write(frame, message, headers)
  }

  function answered({ no, fault, unknown }: FrameResult): void {
    const pieces = sent.get(no) ?? []
    sent.delete(no)
    for (const { call, first, messages } of pieces) {
      if (fault) fail(call, messages, fault)
      else if (unknown.length > 0) refuseUnknown(call, first, messages, unknown)
      finish(call)
    }
    if (sent.size === 0 && !frame) {
      for (const resolve of idle) resolve()
      idle = []
    }
  }

  link.onPublished(({ results }) => {
    for (const result of results) answered(result)
  })
  link.onEnd(() => {
    const fault: Fault = { code: 'TRANSPORT_CLOSED', text: `publish to ${link.path}: the transport ended meanwhile` }
    for (const no of [...sent.keys()]) answered({ no, fault, unknown: [] })
  })

  return {
    publish(messages) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const call: Call = { resolve, reject, refused: [], doubtful: [], cause: undefined, open: 1 }
      const refusedPlaces = new Set<string>()
      for (const message of messages) {
        const headers = JSON.stringify(message.headers)
        if (refusedPlaces.size > 0 && refusedPlaces.has(placeOf(message))) call.doubtful.push(message.id)
        else if (message.body.byteLength <= maxBodyBytes && headers.length <= maxBodyBytes) add(call, message, headers)
        else {
          call.refused.push({ id: message.id, code: 'BODY_TOO_LARGE' })
          if (message.key !== undefined) refusedPlaces.add(placeOf(message))
        }
      }
      finish(call)
      return promise
    },
    flush() {
      send()
      if (sent.size === 0) return Promise.resolve()
      return new Promise((resolve) => void idle.push(resolve))
    },
  }
}

const placeOf = ({ topic, key }: Outgoing): string => (key === undefined ? '' : `${topic}\n${key}`)

function grown(buffer: Buffer<ArrayBuffer>, used: number, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2))
  larger.set(buffer.subarray(0, used))
  return larger
}

function write(frame: OpenFrame, message: Outgoing, headers: string): void {
  let topic = frame.topics.get(message.topic)
  if (topic === undefined) {
    topic = frame.topics.size
    frame.topics.set(message.topic, topic)
  }
  const start = frame.end + 8
  frame.buffer.writeUInt32LE(topic, frame.end + 4)
  const end = pack(frame.buffer, start, message, headers)
  frame.buffer.writeUInt32LE(end - start, frame.end)
  frame.end = end
  frame.count += 1
}

/**
 * A fault of the file (full, locked, …) says nothing against the messages, and passes: they are doubtful, to be sent
 * again. Refused is only what would be refused again.
 */
function fail(call: Call, messages: readonly Outgoing[], fault: Fault): void {
  for (const message of messages) call.doubtful.push(message.id)
  call.cause ??= new BusError(fault.code, fault.text)
}

function refuseUnknown(call: Call, first: number, messages: readonly Outgoing[], unknown: readonly number[]): void {
  for (const index of unknown) {
    const message = messages[index - first]
    if (index >= first && message) call.refused.push({ id: message.id, code: 'UNKNOWN_TOPIC' })
  }
}

function finish(call: Call): void {
  call.open -= 1
  if (call.open > 0) return
  const { refused, doubtful, cause } = call
  if (refused.length + doubtful.length === 0) call.resolve()
  else call.reject(new PublishError(describe(refused, doubtful, cause), { refused, doubtful, cause }))
}

function describe(refused: readonly Refusal[], doubtful: readonly string[], cause: BusError | undefined): string {
  if (cause) return `${cause.message} (${doubtful.length} messages in doubt, ${refused.length} refused)`
  const codes = [...new Set(refused.map((refusal) => refusal.code))].join(', ')
  return `publish to the embedded broker: ${refused.length} refused (${codes}), ${doubtful.length} not sent behind them`
}
