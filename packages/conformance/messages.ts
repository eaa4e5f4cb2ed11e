/** The laws' messages: an id is its key and its place in the key, `a1`, `a2`, `b1`; one without a key is a number, `7`. */
import { createHash } from 'node:crypto'
import type { Outgoing } from '@vestnik/bus'

/** The message of an id. Its body is told by its id and its length, so that a reader can tell a torn one. */
export function messageOf(topic: string, id: string, bytes: number = id.length): Outgoing {
  const key = keyOf(id)
  return { id, topic, ...(key !== undefined && { key }), headers: {}, body: bodyOf(id, bytes) }
}

/** The key of an id: the letters before the number. */
export function keyOf(id: string): string | undefined {
  return /^[a-z]+/.exec(id)?.[0]
}

/** The place of an id in its key. */
export function placeOf(id: string): number {
  return Number(/\d+$/.exec(id)?.[0])
}

/** The id, repeated to the length. */
export function bodyOf(id: string, bytes: number): Uint8Array {
  return Buffer.alloc(bytes, id)
}

/** Tells bodies apart without keeping them. */
export function digestOf(body: Uint8Array): string {
  return createHash('sha1').update(body).digest('base64')
}

/** The ids of one key: `a1` to `a5`. */
export function series(key: string, count: number, first = 1): string[] {
  return Array.from({ length: count }, (_, i) => `${key}${first + i}`)
}

/** The ids of several keys in turns: `a1 b1 c1 a2 b2 c2 …`. */
export function rounds(keys: number, count: number, first = 1): string[] {
  const words = Array.from({ length: keys }, (_, i) => word(i))
  return Array.from({ length: count }, (_, i) => words.map((key) => `${key}${first + i}`)).flat()
}

/** The key of a number: a to z, then aa and so on. */
export function word(number: number): string {
  const letter = String.fromCharCode(97 + (number % 26))
  return number < 26 ? letter : word(Math.floor(number / 26) - 1) + letter
}
