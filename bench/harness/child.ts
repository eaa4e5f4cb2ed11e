/** A program of `bench/programs` or its neighbours in a process of its own, and what it and we tell each other. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Lets the program go on from where it waits for `go`. */
  go(): void
  /** What the program reports next; rejects when it ends before, or says nothing in time. */
  next(): Promise<Report>
  /** Tells the program to end, and waits for that. */
  end(): Promise<void>
}

export type Report = Readonly<Record<string, number>>

export interface ChildOptions {
  /** A library that is loaded before any other. */
  readonly preload?: string | undefined
  /** How long the program may say nothing. @default 240_000 */
  readonly patienceMs?: number
}

/** A program that reports once; it has ended before anything else is measured. */
export async function reportOf(program: string, input: object): Promise<Report> {
  await using child = startChild(program, input)
  return await child.next()
}

/** Starts a program, whose path is relative to `bench/`, with an input that it reads with `readInput`. */
export function startChild(program: string, input: object, options: ChildOptions = {}): Child {
  const path = fileURLToPath(new URL(`../${program}`, import.meta.url))
  const child = fork(path, [JSON.stringify(input)], {
    execArgv: profileArgs(program),
    env: { ...process.env, ...(options.preload ? { LD_PRELOAD: options.preload } : {}) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const reports = readReports(child, program, options.patienceMs ?? 240_000)
  return {
    pid: child.pid ?? 0,
    go: () => child.send('go'),
    next: reports,
    end: () => end(child),
    [Symbol.asyncDispose]: () => end(child),
  }
}

/** With BENCH_PROFILE, a folder, every thread of every program leaves a profile of its processor time there. */
function profileArgs(program: string): string[] {
  const folder = process.env.BENCH_PROFILE
  if (!folder) return []
  const name = program.replaceAll('/', '-').replace('.ts', '')
  return ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}/${name}`]
}

function readReports(child: ChildProcess, program: string, patienceMs: number): () => Promise<Report> {
  const waiting: Report[] = []
  let wake: (() => void) | undefined
  let ended: string | undefined
  child.on('message', (report: Report) => {
    waiting.push(report)
    wake?.()
  })
  child.once('exit', (code, signal) => {
    ended = `${program} ended with ${signal ?? code} before it reported`
    wake?.()
  })
  return async () => {
    if (waiting.length === 0 && !ended) {
      const late = setTimeout(() => {
        ended = `${program} said nothing for ${patienceMs / 1000} s`
        wake?.()
      }, patienceMs)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      clearTimeout(late)
    }
    const report = waiting.shift()
    if (!report) throw new Error(ended)
    return report
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  // A program that has no more to do leaves by itself once the channel is closed.
  if (child.connected) child.disconnect()
  const stuck = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(stuck)
}
