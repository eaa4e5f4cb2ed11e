/** Lines that the gateway prints: one for each sign-in, none without one, and again only where printing was broken off. */
import type { Found } from './found.ts'

export interface LineAccount {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly ghosts: readonly string[]
  /** Lines that were there already. */
  readonly again: number
}

/** So many lines the gateway prints at once: all of them come again when it dies before they are forgotten. */
const printedAtOnce = 100

export function accountOfLines({ sessions, printed, brokenOff }: Found): LineAccount {
  const due = new Set(sessions.map(lineOf))
  const there = new Set(printed)
  const again = printed.length - there.size
  const most = printedAtOnce * brokenOff
  return {
    lost: [...due].flatMap((line) => (there.has(line) ? [] : [`the line of a sign-in: ${line}`])),
    doubled: again > most ? [`${again} lines printed again, at most ${most} by faults`] : [],
    ghosts: [...there].flatMap((line) => (due.has(line) || isTorn(line, due) ? [] : [`a line: ${line}`])),
    again,
  }
}

/** Who dies while it prints may leave the beginning of a line. */
const isTorn = (line: string, due: ReadonlySet<string>): boolean => [...due].some((whole) => whole.startsWith(line))

/** The line that the gateway prints. */
export function lineOf({ userId, at }: { readonly userId: number; readonly at: number }): string {
  return `User logged in with information: ${JSON.stringify({ userId, timestamp: new Date(at).toISOString() })}`
}
