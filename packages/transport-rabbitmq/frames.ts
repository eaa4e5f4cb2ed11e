/**
 * Messages as the frames in which AMQP 0-9-1 publishes them, many in one piece of memory: the client would make and
 * send each frame by itself. Pure.
 */
import { BusError } from '@vestnik/bus/errors'
import type { Properties } from './message.ts'

export interface Frames {
  /** Adds one message, or throws and adds nothing. @throws BusError `BODY_TOO_LARGE` for what no frame can hold */
  add(exchange: string, routingKey: string, properties: Properties, body: Uint8Array): void
  /** The bytes of all that was added since, which nobody changes any more. */
  take(): readonly Uint8Array[]
}

const pieceBytes = 256 * 1024
/** Enough for a method and a head: `hasTooManyHeaders` refuses larger ones. */
const headBytes = 72 * 1024

const methodFrame = 1
const headFrame = 2
const bodyFrame = 3
const frameEnd = 0xce
/** Type, channel, size and end. */
const aroundFrame = 8

const basicClass = 60
const publishMethod = 40
const mandatoryBit = 1
const persistentMode = 2
const flags = { contentType: 0x8000, headers: 0x2000, mode: 0x1000, messageId: 0x80, time: 0x40, type: 0x20, app: 0x08 }

const ackMethod = 80
const ackFrameBytes = 21

/** Acknowledges all up to `through`, and these besides, in one piece. */
export function ackFrames(channel: number, through: number | undefined, singles: readonly number[]): Uint8Array {
  const count = singles.length + (through === undefined ? 0 : 1)
  const piece = Buffer.allocUnsafe(count * ackFrameBytes)
  let at = 0
  const ack = (tag: number, multiple: 0 | 1) => {
    at = piece.writeUInt8(methodFrame, at)
    at = piece.writeUInt16BE(channel, at)
    at = piece.writeUInt32BE(ackFrameBytes - aroundFrame, at)
    at = piece.writeUInt16BE(basicClass, at)
    at = piece.writeUInt16BE(ackMethod, at)
    at = piece.writeUInt16BE(0, at)
    at = piece.writeUIntBE(tag, at, 6)
    at = piece.writeUInt8(multiple, at)
    at = piece.writeUInt8(frameEnd, at)
  }
  if (through !== undefined) ack(through, 1)
  for (const tag of singles) ack(tag, 0)
  return piece
}

/** Frames of this channel, none of which is larger than the broker allows. */
export function createFrames(channel: number, mostBytes: number): Frames {
  let piece = Buffer.allocUnsafeSlow(0)
  let from = 0
  let at = 0
  let full: Uint8Array[] = []

  function makeRoom(bytes: number): void {
    if (at + bytes <= piece.length) return
    if (at > from) full.push(piece.subarray(from, at))
    piece = Buffer.allocUnsafeSlow(Math.max(pieceBytes, bytes))
    from = 0
    at = 0
  }

  /** Answers where it began; its size is not known yet. */
  function begin(type: number): number {
    const start = at
    at = piece.writeUInt8(type, at)
    at = piece.writeUInt16BE(channel, at) + 4
    return start
  }

  function end(start: number): void {
    piece.writeUInt32BE(at - start - aroundFrame + 1, start + 3)
    at = piece.writeUInt8(frameEnd, at)
  }

  function short(text: string): void {
    const length = piece.write(text, at + 1)
    at = piece.writeUInt8(length, at) + length
  }

  function long(text: string): void {
    const length = piece.write(text, at + 4)
    at = piece.writeUInt32BE(length, at) + length
  }

  function longLong(value: number): void {
    at = piece.writeUInt16BE(0, at)
    at = piece.writeUIntBE(value, at, 6)
  }

  function method(exchange: string, routingKey: string): void {
    const start = begin(methodFrame)
    at = piece.writeUInt16BE(basicClass, at)
    at = piece.writeUInt16BE(publishMethod, at)
    at = piece.writeUInt16BE(0, at)
    short(exchange)
    short(routingKey)
    at = piece.writeUInt8(mandatoryBit, at)
    end(start)
  }

  /** All of it stands in one frame: the broker would close the connection. */
  function checkHead(start: number): void {
    if (at - start <= mostBytes) return
    const bytes = `its headers and properties take ${at - start} bytes`
    throw new BusError('BODY_TOO_LARGE', `send a message: ${bytes}, the broker's frame_max is ${mostBytes}`)
  }

  function head({ contentType, headers, messageId, timestamp, type, appId }: Properties, bodyBytes: number): void {
    const start = begin(headFrame)
    at = piece.writeUInt32BE(basicClass << 16, at)
    longLong(bodyBytes)
    const flagsAt = at
    let present = flags.headers | flags.mode
    at += 2
    if (contentType !== undefined) {
      present |= flags.contentType
      short(contentType)
    }
    table(headers)
    at = piece.writeUInt8(persistentMode, at)
    if (messageId !== undefined) {
      present |= flags.messageId
      short(messageId)
    }
    if (timestamp !== undefined) {
      present |= flags.time
      longLong(timestamp)
    }
    if (type !== undefined) {
      present |= flags.type
      short(type)
    }
    if (appId !== undefined) {
      present |= flags.app
      short(appId)
    }
    piece.writeUInt16BE(present, flagsAt)
    end(start)
    checkHead(start)
  }

  function table(headers: Properties['headers']): void {
    const start = at
    at += 4
    for (const name in headers) {
      short(name)
      at = piece.writeUInt8(longText, at)
      long(headers[name] ?? '')
    }
    piece.writeUInt32BE(at - start - 4, start)
  }

  function content(body: Uint8Array): void {
    const most = mostBytes - aroundFrame
    for (let next = 0; next < body.byteLength; next += most) {
      const start = begin(bodyFrame)
      const part = body.byteLength > most ? body.subarray(next, next + most) : body
      piece.set(part, at)
      at += part.byteLength
      end(start)
    }
  }

  return {
    add(exchange, routingKey, properties, body) {
      const parts = Math.ceil(body.byteLength / (mostBytes - aroundFrame))
      makeRoom(headBytes + body.byteLength + parts * aroundFrame)
      const start = at
      try {
        method(exchange, routingKey)
        head(properties, body.byteLength)
        content(body)
      } catch (error) {
        // What was begun is not sent.
        at = start
        throw tooLarge(error)
      }
    },
    take() {
      const taken = full
      if (at > from) taken.push(piece.subarray(from, at))
      full = []
      from = at
      return taken
    },
  }
}

/** A name that is longer than AMQP has room for. */
function tooLarge(error: unknown): BusError {
  if (error instanceof BusError) return error
  const said = error instanceof Error ? error.message : String(error)
  return new BusError('BODY_TOO_LARGE', `send a message: a name takes more than 255 bytes: ${said}`, { cause: error })
}

/** How a field says that it is text. */
const longText = 'S'.charCodeAt(0)
