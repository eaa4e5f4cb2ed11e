/** A new body for a dead letter: read as JSON, compared with the old one, and refused while masks are left in it. */
import { BusError, type MessageDetail } from '@vestnik/bus'
import { isTree, parseExact } from './exact-json.ts'
import { mask, maskFields } from './mask.ts'

export interface EditedBody {
  /** What will be stored: the same document without spaces between its parts. */
  readonly body: Uint8Array
  /** One line for each field that differs, secret fields masked. Empty when nothing does. */
  readonly changes: readonly string[]
}

/** @throws BusError `INVALID_EDIT` when the text is not JSON, or masked fields are left in it */
export function readEdit(message: MessageDetail, text: string): EditedBody {
  const value = parse(message, text)
  const before = leavesOf(parseOld(message.body))
  const after = leavesOf(value)
  const masked = [...after].filter(([path, leaf]) => leaf === quotedMask && before.get(path) !== quotedMask)
  if (masked.length > 0) {
    const paths = masked.map(([path]) => path || 'the body').join(', ')
    throw new BusError('INVALID_EDIT', `edit ${message.pos}: still masked: ${paths}`)
  }
  const json = JSON.stringify(value)
  return { body: new TextEncoder().encode(json), changes: compare(before, after, message, json) }
}

type Leaves = ReadonlyMap<string, string>

const quotedMask = JSON.stringify(mask)

function parse({ pos }: MessageDetail, text: string): unknown {
  try {
    return parseExact(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new BusError('INVALID_EDIT', `edit ${pos}: the new body is not one JSON document: ${why}`, { cause })
  }
}

/** Undefined when the old body was not JSON: then everything is new. */
function parseOld(body: Uint8Array): unknown {
  try {
    return parseExact(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/** Every value without parts of its own, as JSON, by its dotted path. */
function leavesOf(value: unknown, path: string = ''): Map<string, string> {
  if (value === undefined) return new Map()
  const parts = isTree(value) ? Object.entries(value) : []
  if (parts.length === 0) return new Map([[path, JSON.stringify(value)]])
  return new Map(parts.flatMap(([name, part]) => [...leavesOf(part, path === '' ? name : `${path}.${name}`)]))
}

function compare(before: Leaves, after: Leaves, { body, secret }: MessageDetail, json: string): string[] {
  const shownBefore = leavesOf(maskFields(parseOld(body), secret).value)
  const shownAfter = leavesOf(maskFields(parseExact(json), secret).value)
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => {
      const name = path === '' ? 'the body' : path
      const was = before.has(path) ? shownAt(shownBefore, path) : undefined
      const is = after.has(path) ? shownAt(shownAfter, path) : undefined
      if (was === undefined) return `+ ${name}  ${is}`
      return is === undefined ? `- ${name}  ${was}` : `~ ${name}  ${was} → ${is}`
    })
}

/** What may be seen of a leaf: when it is not there any more, something around it was masked. */
const shownAt = (shown: Leaves, path: string) => shown.get(path) ?? quotedMask
