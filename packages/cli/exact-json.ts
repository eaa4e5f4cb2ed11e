/** JSON that is read and written again without changing a number: 12345678901234567890 stays what it is. */

/** What TypeScript's library does not know yet of JSON: the source of what is read, and numbers as they were written. */
interface SourceJson {
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

const sourced = JSON as unknown as SourceJson

/** @throws SyntaxError when the text is not one JSON document */
export function parseExact(text: string): unknown {
  return sourced.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? sourced.rawJSON(source) : value,
  )
}

/** Whether the value has fields or elements; a number that is kept as it was written has none. */
export function isTree(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && !sourced.isRawJSON(value)
}
