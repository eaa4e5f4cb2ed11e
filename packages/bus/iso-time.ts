/** Times on the wire are RFC 3339 texts, in the program milliseconds since 1970. Formatting only: no clock here. */

export const toIso = (ms: number): string => new Date(ms).toISOString()

/** Undefined for what is no time. */
export function fromIso(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
