/** Reads a JSON body, and refuses what is too deep, has too many values or is not UTF-8, before it is parsed. */
import { Problem } from './problem.ts'

export interface JsonLimits {
  readonly depth: number
  /** Members of all objects and arrays together. */
  readonly values: number
}

const standardLimits: JsonLimits = { depth: 16, values: 1000 }

/** @throws Problem 400 */
export function readJson(bytes: Uint8Array, limits: JsonLimits = standardLimits): unknown {
  checkShape(bytes, limits)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), refusePrototype)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(400, 'The body is not JSON in UTF-8.', { cause: error })
  }
}

const quote = 0x22
const backslash = 0x5c

/** Counts brackets and commas outside strings: enough to bound the parser's work, whatever else is wrong. */
function checkShape(bytes: Uint8Array, limits: JsonLimits): void {
  let depth = 0
  let values = 0
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === backslash) at += 1
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      values += 1
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
    else if (byte === 0x2c) values += 1
    if (depth > limits.depth) throw new Problem(400, `The body is nested deeper than ${limits.depth} levels.`)
    if (values > limits.values) throw new Problem(400, `The body has more than ${limits.values} values.`)
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new Problem(400, '__proto__: this name is not allowed', prototypeError)
  return value
}

const prototypeError = { errors: [{ field: '__proto__', reason: 'This name is not allowed' }] }
