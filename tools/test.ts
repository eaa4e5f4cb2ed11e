/** Runs the tests: `npm test` all of them, `npm test -- pure e2e` these suites, `npm test -- packages/bus` the files under it. */
import { spec, type TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'
import { lackOfKafka, shareKafka } from './brokers/kafka.ts'
import { lackOfRabbit, shareRabbit } from './brokers/rabbitmq.ts'
import { shareEngine } from './containers/shared-engine.ts'
import { lackOfPostgres, sharePostgres } from './databases/postgres.ts'
import { howToGet, type Program, provide } from './provide.ts'
import { compiled, readSources } from './repository.ts'
import { type Outcome, runTests } from './run-tests.ts'
import { filesOf, isExpectedSkip, type Suite, suites } from './suites.ts'
import { type Row, summarize } from './test-summary.ts'

const ci = process.env.CI === 'true'
/** A net for what hangs, all suites together: the machine may be a crowded one. */
const totalMs = 3_300_000
/** What all files of a suite use together; a file has its own too, where it needs one. */
const shares: Partial<Record<Program, () => Promise<AsyncDisposable>>> = {
  rabbitmq: shareRabbit,
  kafka: shareKafka,
  postgres: sharePostgres,
  docker: shareEngine,
}

const chosen = choose(process.argv.slice(2))
const rows: Row[] = []
const reporter = new spec()
reporter.pipe(process.stdout)
for (const { suite, files } of chosen) rows.push(await runSuite(suite, files))
await new Promise((resolve) => reporter.once('end', resolve).end())
const { text, failed } = summarize(rows, ci, isExpectedSkip)
console.log(`\n${text}`)
process.exitCode = failed ? 1 : 0

/** Which files of which suites the words name; a word is a suite's name or the beginning of a path. */
function choose(words: readonly string[]): { suite: Suite; files: string[] }[] {
  const all = suites.toReversed().map((suite) => ({ suite, files: filesOf(suite) }))
  const unknown = words.filter(
    (word) => !all.some(({ suite, files }) => suite.name === word || files.some((path) => path.startsWith(word))),
  )
  if (unknown.length > 0) {
    console.error(
      `no suite and no test file: ${unknown.join(' ')}; suites: ${suites.map(({ name }) => name).join(', ')}`,
    )
    process.exit(2)
  }
  if (words.length === 0) return all.filter(({ suite: { only } }) => only === undefined || (ci && only === 'in CI'))
  return all
    .map(({ suite, files }) => ({
      suite,
      files: words.includes(suite.name)
        ? files
        : suite.again
          ? []
          : files.filter((path) => words.some((word) => path.startsWith(word))),
    }))
    .filter(({ files }) => files.length > 0)
}

async function runSuite(suite: Suite, files: readonly string[]): Promise<Row> {
  if (files.length === 0) return { suite: suite.name, outcomes: [] }
  const lacking = suite.needs.filter((program) => !provide(program))
  if (lacking.length > 0) {
    const missing = lacking.map((program) => `${program} is missing (${howToGet(program)})`).join(', ')
    return withoutIt(suite, missing)
  }
  const cannot = files.flatMap(outcomeWithout)
  const able = files.filter((file) => !cannot.some(({ path }) => path === file))
  await using shared = new AsyncDisposableStack()
  try {
    for (const program of suite.needs) shared.use(await shares[program]?.())
  } catch (error) {
    return withoutIt(suite, error instanceof Error ? error.message : String(error))
  }
  const signal = AbortSignal.timeout(
    suite.only ? suite.limits.fileMs : Math.max(1, totalMs - Math.ceil(performance.now())),
  )
  const limits = { atOnce: suite.atOnce, ...suite.limits, signal }
  using _variables = withVariables({
    ...(suite.keepsCompiled && { NODE_COMPILE_CACHE: compiled }),
    ...suite.again,
  })
  const outcomes = await runTests(able, limits, (events) => events.filter(isOfFile).forEach(tell))
  return { suite: suite.name, outcomes: [...outcomes, ...cannot] }
}

function withoutIt({ name, mayLack }: Suite, missing: string): Row {
  return { suite: name, outcomes: [], missing, mayLack: mayLack === true }
}

/** Sets them for the files of one suite. */
function withVariables(variables: Readonly<Record<string, string>>): Disposable {
  Object.assign(process.env, variables)
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(variables)) delete process.env[name]
    },
  }
}

/** Where a file needs more than its suite, which is not here. */
function outcomeWithout(path: string): Outcome[] {
  const lack = readSources(path).flatMap(
    ({ text }) => lackOfRabbit(text) ?? lackOfKafka(text) ?? lackOfPostgres(text) ?? [],
  )[0]
  return lack === undefined ? [] : [{ path, seconds: 0, passed: 0, failed: 0, skipped: [`the whole file: ${lack}`] }]
}

/** What the runner says of each run as a whole is left out: here the runs are many. */
function isOfFile(event: TestEvent): boolean {
  const whole = event.type === 'test:diagnostic' || event.type === 'test:summary'
  return !whole || event.data.file !== undefined
}

/** The reporter tells at the end of all why a test failed: whoever watches wants to know it now. */
function tell(event: TestEvent): void {
  reporter.write(event)
  if (event.type === 'test:fail') console.log(inspect(event.data.details.error.cause ?? event.data.details.error))
}
