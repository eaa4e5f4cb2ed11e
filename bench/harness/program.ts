/** The program's side of `child.ts`: reads its input, reports figures, waits for its parent. */
import { once } from 'node:events'
import type { Report } from './child.ts'

/** What the parent passed to `startChild`. */
export function readInput<Input>(): Input {
  return JSON.parse(process.argv[2] ?? '{}') as Input
}

/** Tells the parent, or whoever started the program by hand. */
export function report(figures: Report): void {
  if (process.send) process.send(figures)
  else console.log(JSON.stringify(figures))
}

/** Resolves when the parent says `go`. */
export async function go(): Promise<void> {
  await once(process, 'message')
}

// Whose parent is gone has nobody to report to; what ends by itself has ended by then.
process.once('disconnect', () => setTimeout(() => process.exit(1), 8_000).unref())

/** Resolves when the parent needs the program no more, or is gone. */
export const parentDone: Promise<void> = new Promise((resolve) => {
  process.once('disconnect', () => resolve())
})

/** Milliseconds since 1970 with a fraction, the same in every process of the machine. */
export const now = (): number => performance.timeOrigin + performance.now()
