/** Runs test files, so many at once, each for a limited time, and counts what came of them. */
import { resolve } from 'node:path'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { root } from './repository.ts'

export interface Outcome {
  readonly path: string
  readonly seconds: number
  readonly passed: number
  /** Also what was cut off by a limit, and a file without a test. */
  readonly failed: number
  /** Tests that did not run, with the reason that they gave. */
  readonly skipped: readonly string[]
  /** It was not started, or cut off, because the time of the whole run was over. */
  readonly outOfTime?: true
}

export interface Limits {
  readonly atOnce: number
  /** A test that takes longer has failed. */
  readonly testMs: number
  /** A file whose process has not ended by itself until then is ended, and has failed. */
  readonly fileMs: number
  /** Nothing runs on after it. */
  readonly signal: AbortSignal
}

/** Resolves when all have ended; `tell` gets the events of each file as soon as it has ended. */
export async function runTests(
  paths: readonly string[],
  limits: Limits,
  tell: (events: readonly TestEvent[]) => void,
): Promise<Outcome[]> {
  const waiting = [...paths]
  const outcomes: Outcome[] = []
  const lane = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const started = performance.now()
      const events = limits.signal.aborted ? [] : await runFile(path, limits)
      tell(events)
      const seconds = (performance.now() - started) / 1000
      outcomes.push({ path, seconds, ...count(path, events), ...(limits.signal.aborted && { outOfTime: true }) })
    }
  }
  await Promise.all(Array.from({ length: limits.atOnce }, lane))
  return outcomes
}

async function runFile(path: string, { testMs, fileMs, signal }: Limits): Promise<TestEvent[]> {
  const events: TestEvent[] = []
  const ended = AbortSignal.any([signal, AbortSignal.timeout(fileMs)])
  const stream = run({ files: [resolve(root, path)], cwd: root, timeout: testMs, signal: ended })
  for await (const event of stream) events.push(event)
  return events
}

function count(path: string, events: readonly TestEvent[]): Pick<Outcome, 'passed' | 'failed' | 'skipped'> {
  const counts = events.filter((event) => event.type === 'test:summary').at(-1)?.data.counts
  const passes = events.filter((event) => event.type === 'test:pass').map(({ data }) => data)
  // A file that ends before its first test has reported passes as a test of its own name.
  if (counts === undefined || passes.some(({ name }) => name === resolve(root, path))) {
    return { passed: 0, failed: 1, skipped: [] }
  }
  const skipped = passes
    .filter(({ skip, todo }) => skip !== undefined || todo !== undefined)
    .map(({ name, skip, todo }) => `${name}: ${reason(skip ?? todo)}`)
  return { passed: counts.passed, failed: counts.tests - counts.passed - counts.skipped - counts.todo, skipped }
}

function reason(given: string | boolean | undefined): string {
  return typeof given === 'string' ? given : 'no reason given'
}
