/** `npm run load`: signs in and rents at a steady rate at a running system, and says how long each step took. */
import { films } from '@vestnik/api'
import { ask, CallFailed } from './client/ask.ts'
import { openMailbox } from './client/mailbox.ts'
import type { Backend } from './client/person.ts'
import { orUsage } from './command-line.ts'
import { openLoop } from './load/open-loop.ts'
import { openOperations } from './load/operations.ts'
import { type LoadOptions, readOptions, usage } from './load/options.ts'
import { makePeople } from './load/people.ts'
import { openProgress } from './load/progress.ts'
import { openRecord } from './load/record.ts'
import { json, type LoadResult, limitsHint, summary } from './load/report.ts'

/** After the last operation was due. */
const patienceMs = 10_000

const options = orUsage(() => readOptions(process.argv.slice(2)), usage)
const progress = openProgress(process.stderr)
try {
  const result = await load(options)
  progress.end()
  console.log(options.json ? json(result) : summary(result))
  const failed = result.outcome.givenUp > 0 || result.steps.some(({ errors }) => Object.keys(errors).length > 0)
  process.exit(failed ? 1 : 0)
} catch (error) {
  progress.end()
  console.error(reason(error))
  if (error instanceof CallFailed && error.status === 429) console.error(limitsHint)
  process.exit(1)
}

async function load(options: LoadOptions): Promise<LoadResult> {
  const backend: Backend = { url: options.url, mailbox: openMailbox(options.mailbox) }
  await assertThere(options)
  const needed = options.kinds.some((kind) => kind !== 'films') ? options.users : 0
  const people = await makePeople(backend, needed, (made) => progress.show(`${made} of ${needed} users signed up`))
  const record = openRecord()
  const operations = await openOperations(backend, people, options.kinds, record)
  const startedAt = performance.now()
  const told = setInterval(() => {
    const { succeeded, failed } = record.counts()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
    progress.show(`${seconds} of ${options.seconds} s: ${succeeded} steps done, ${failed} failed`)
  }, 250)
  const pace = { perSecond: options.rate, seconds: options.seconds, atOnce: options.concurrency, patienceMs }
  const outcome = await openLoop(pace, async (n, dueAt) => {
    const kind = options.kinds[n % options.kinds.length]
    if (kind !== undefined) await operations[kind](dueAt)
  })
  clearInterval(told)
  const seconds = (performance.now() - startedAt) / 1000
  return { options, seconds, outcome, steps: record.steps(seconds) }
}

async function assertThere({ url, mailbox, kinds }: LoadOptions): Promise<void> {
  try {
    await ask(url, films.listFilms, { query: { pageSize: 1 } })
  } catch (error) {
    throw new Error(`--url is ${url}: ${reason(error)}. Does the system run? (npm start)`)
  }
  if (kinds.every((kind) => kind === 'films')) return
  try {
    await openMailbox(mailbox).all()
  } catch (error) {
    throw new Error(`--mailbox is ${mailbox}: ${reason(error)}. The codes are read there.`)
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
