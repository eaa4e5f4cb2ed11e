/** What a run of the tests says at its end: the suites, the slowest files, what did not run, and one line of totals. */
import type { Outcome } from './run-tests.ts'

export interface Row {
  readonly suite: string
  readonly outcomes: readonly Outcome[]
  /** Why it did not run at all. */
  readonly missing?: string
  /** Not every machine lets it run: that it did not fails nothing, in CI either. */
  readonly mayLack?: boolean
}

export interface Summary {
  readonly text: string
  readonly failed: boolean
}

/** In CI a suite or a test that did not run is a failure, but for the skips that are expected everywhere. */
export function summarize(rows: readonly Row[], ci: boolean, isExpected: (skip: string) => boolean): Summary {
  const outcomes = rows.flatMap((row) => row.outcomes)
  const skips = outcomes.flatMap(({ path, skipped }) => skipped.map((what) => `${path}: ${what}`))
  const lost = skips.filter((skip) => !isExpected(skip))
  const late = outcomes.filter(({ outOfTime }) => outOfTime).map(({ path }) => path)
  const missing = missingOf(rows.filter(({ mayLack }) => !mayLack))
  const forbidden = missingOf(rows.filter(({ mayLack }) => mayLack))
  const passed = sum(outcomes, (outcome) => outcome.passed)
  const failed = sum(outcomes, (outcome) => outcome.failed) + (ci ? lost.length + missing.length : 0)
  const skipped = ci ? skips.length - lost.length : skips.length
  const text = [
    ...table(rows),
    ...list('slowest files', slowest(outcomes)),
    ...list(ci ? 'DID NOT RUN, WHICH FAILS IN CI' : 'DID NOT RUN', [...missing, ...lost]),
    ...list('DID NOT RUN, AS THIS MACHINE DOES NOT LET IT', forbidden),
    ...list('did not run, and need not', skips.filter(isExpected)),
    ...list('OUT OF TIME, WHICH FAILS', late),
    ...(passed + failed === 0 ? ['', 'no test ran'] : []),
    '',
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ]
  return { text: text.join('\n'), failed: failed > 0 || passed === 0 }
}

function missingOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ suite, missing }) => (missing === undefined ? [] : [`${suite}: ${missing}`]))
}

function table(rows: readonly Row[]): string[] {
  const head = ['suite', 'files', 'passed', 'failed', 'skipped', 'seconds']
  const lines = rows.map(({ suite, outcomes, missing }) => [
    suite,
    missing === undefined ? outcomes.length : 'did not run',
    sum(outcomes, ({ passed }) => passed),
    sum(outcomes, ({ failed }) => failed),
    sum(outcomes, ({ skipped }) => skipped.length),
    sum(outcomes, ({ seconds }) => seconds).toFixed(1),
  ])
  return [head, ...lines].map(([name, ...figures]) =>
    [String(name).padEnd(10), ...figures.map((figure) => String(figure).padStart(12))].join(''),
  )
}

function slowest(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, 8)
    .map(({ path, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${path}`)
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)]
}

function sum(outcomes: readonly Outcome[], figure: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + figure(outcome), 0)
}
