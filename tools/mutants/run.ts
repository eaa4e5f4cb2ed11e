/** Runs the tests of a mutant, and says whether they noticed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { env, root } from '../repository.ts'
import type { Mutant } from './mutant.ts'

export interface Verdict {
  /** `timeout` counts as killed: something waits for what the mutant took away. */
  readonly end: 'killed' | 'timeout' | 'survived'
  /** The first test that failed. */
  readonly by?: string
  readonly seconds: number
}

const preload = pathToFileURL(resolve(import.meta.dirname, 'preload.ts')).href
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach(end))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** What is wrong with a mutant's text, if anything: a mutant must change one known place, and still load. */
export function faultOf(mutant: Mutant): string | undefined {
  const source = readFileSync(resolve(root, mutant.file), 'utf8')
  const times = source.split(mutant.find).length - 1
  if (times !== 1) return `the text to find stands ${times} times in ${mutant.file}`
  if (mutant.find === mutant.replace) return 'it changes nothing'
  if (mutant.tests.length === 0) return 'it names no tests'
  try {
    stripTypeScriptTypes(source.replace(mutant.find, () => mutant.replace))
    return undefined
  } catch (error) {
    return `it is not a program: ${error instanceof Error ? error.message : error}`
  }
}

/** Runs the mutant's tests on the mutant, until the first one fails. */
export function runMutant(mutant: Mutant, limitMs: number): Promise<Verdict> {
  const url = pathToFileURL(resolve(root, mutant.file)).href
  const change = { VESTNIK_MUTANT: JSON.stringify({ url, find: mutant.find, replace: mutant.replace }) }
  return runTests(mutant, limitMs, { ...change, NODE_OPTIONS: `--import=${preload} ${env.NODE_OPTIONS ?? ''}`.trim() })
}

/** Runs the mutant's tests on the program as it is: they must pass, or its death would say nothing. */
export function runUnchanged(mutant: Pick<Mutant, 'tests' | 'only'>, limitMs: number): Promise<Verdict> {
  return runTests(mutant, limitMs, {})
}

/** In a folder for temporary files of its own: tests that are ended in the middle cannot remove what they made. */
async function runTests(
  mutant: Pick<Mutant, 'tests' | 'only'>,
  limitMs: number,
  more: NodeJS.ProcessEnv,
): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-mutant-'))
  try {
    return await runUntilFailure(mutant, limitMs, { ...more, TMPDIR: folder })
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function runUntilFailure(
  { tests, only }: Pick<Mutant, 'tests' | 'only'>,
  limitMs: number,
  more: NodeJS.ProcessEnv,
): Promise<Verdict> {
  const started = performance.now()
  const { NODE_TEST_CONTEXT: _, ...inherited } = env // else the runner takes itself for nested, and runs nothing
  const server = process.env.TEST_POSTGRES_URL
  const words = [
    '--test',
    '--test-reporter=tap',
    '--test-concurrency=1',
    ...(only === undefined ? [] : ['--test-name-pattern', only]),
  ]
  const child = spawn(process.execPath, [...words, ...tests], {
    cwd: root,
    // What is shared may have been started since this process began.
    env: { ...inherited, ...(server && { TEST_POSTGRES_URL: server }), ...more },
    detached: true, // its own process group, so that it ends with all that its tests started
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.add(child)
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  let late = false
  const timer = setTimeout(() => {
    late = true
    end(child)
  }, limitMs)
  const by = await firstFailure(child)
  if (by !== undefined) end(child)
  const code = await closed
  clearTimeout(timer)
  running.delete(child)
  const seconds = (performance.now() - started) / 1000
  if (by !== undefined) return { end: 'killed', by, seconds }
  if (late) return { end: 'timeout', seconds }
  return code === 0 ? { end: 'survived', seconds } : { end: 'killed', by: `exit code ${code}`, seconds }
}

/** The title of the first test that fails; undefined when the output ends without. */
async function firstFailure({ stdout }: ChildProcess): Promise<string | undefined> {
  if (stdout === null) return undefined
  for await (const line of createInterface({ input: stdout })) {
    const [, title] = /^\s*not ok \d+ - (.*)$/.exec(line) ?? []
    if (title !== undefined && !/ # (TODO|SKIP)/.test(title)) return title
  }
  return undefined
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
