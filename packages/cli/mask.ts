/** Bodies as people may see them: fields that the message calls secret are masked. */
import { isTree, parseExact } from './exact-json.ts'

/** What stands for a secret. */
export const mask = '•••'

/** A body that is JSON has a value; any other is shown as text or bytes, or not at all. */
export type ShownBody =
  | { readonly kind: 'json'; readonly value: unknown; readonly masked: readonly string[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly hex: string; readonly more: number }
  | { readonly kind: 'hidden'; readonly bytes: number }

const shownBytes = 256

/**
 * The body with its secret fields masked. `secret` are dotted paths; a step into an array means each of its elements.
 * Where the fields of a body cannot be told apart, as it is not JSON, a body that may hold a secret is hidden.
 */
export function showBody(body: Uint8Array, secret: readonly string[]): ShownBody {
  const text = decode(body)
  const value = text === undefined ? undefined : parse(text)
  if (value) return { kind: 'json', ...maskFields(value.parsed, secret) }
  if (secret.length > 0) return { kind: 'hidden', bytes: body.length }
  if (text !== undefined) return { kind: 'text', text }
  const hex = Buffer.from(body.subarray(0, shownBytes)).toString('hex')
  return { kind: 'bytes', hex, more: Math.max(0, body.length - shownBytes) }
}

/** Masks in place what the dotted paths name, and answers which of them were there. */
export function maskFields(
  value: unknown,
  secret: readonly string[],
): { readonly value: unknown; readonly masked: readonly string[] } {
  const whole = { value }
  const masked = secret.filter((path) => maskAt(whole, ['value', ...path.split('.')]))
  return { value: whole.value, masked }
}

function maskAt(node: unknown, [step = '', ...rest]: readonly string[]): boolean {
  if (!isTree(node)) return false
  if (Array.isArray(node) && !/^\d+$/.test(step)) {
    return node.map((_, i) => maskAt(node, [String(i), step, ...rest])).includes(true)
  }
  const fields = node as Record<string, unknown>
  // A name may have dots of its own.
  const name = Object.hasOwn(fields, [step, ...rest].join('.')) ? [step, ...rest].join('.') : step
  if (!Object.hasOwn(fields, name)) return false
  if (name === step && rest.length > 0) return maskAt(fields[name], rest)
  fields[name] = mask
  return true
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

function parse(text: string): { readonly parsed: unknown } | undefined {
  try {
    return { parsed: parseExact(text) }
  } catch {
    return undefined
  }
}
