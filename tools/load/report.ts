/** What a load has measured, for people and as JSON. */
import type { Outcome } from './open-loop.ts'
import type { LoadOptions } from './options.ts'
import type { Step } from './record.ts'

export interface LoadResult {
  readonly options: LoadOptions
  /** From the first operation to the end of the last. */
  readonly seconds: number
  readonly outcome: Outcome
  readonly steps: readonly Step[]
}

/** What a person does about answers of 429. */
export const limitsHint: string =
  '429 says that a limit of rates was met: start the system with RATE_LIMITS=off to measure what it can do'

export function summary({ options, seconds, outcome, steps }: LoadResult): string {
  const asked = `asked for ${options.rate} operations/s for ${options.seconds} s: ${outcome.started} in ${seconds.toFixed(1)} s`
  const late = outcome.givenUp === 0 ? '' : `, and ${outcome.givenUp} never had their turn`
  const head = ['', 'count', 'per s', 'p50', 'p95', 'p99', 'max']
  const rows = steps.map((step) => [
    step.name,
    String(step.count),
    step.perSecond.toFixed(1),
    ...[step.p50Ms, step.p95Ms, step.p99Ms, step.maxMs].map(duration),
  ])
  return [`${asked}${late}`, '', ...table([head, ...rows]), '', ...failures(steps)].join('\n')
}

export function json({ options, seconds, outcome, steps }: LoadResult): string {
  const { json: _, ...asked } = options
  return JSON.stringify({ ...asked, tookSeconds: seconds, ...outcome, steps }, numbersOnly, 2)
}

/** A duration as people read it. */
export function duration(ms: number): string {
  if (Number.isNaN(ms)) return '–'
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function failures(steps: readonly Step[]): string[] {
  const found = steps.flatMap(({ name, errors }) =>
    Object.entries(errors).map(([kind, count]) => `${String(count).padStart(7)} × ${name}: ${kind}`),
  )
  if (found.length === 0) return ['no errors']
  const limited = steps.some(({ errors }) => '429' in errors)
  return ['errors:', ...found, ...(limited ? [limitsHint] : [])]
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Nothing measured is null, and no figure has more digits than it means. */
function numbersOnly(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}
