/** Programs of other processes on a test's store: what they print is what they were told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { atEnd } from './scratch.fixture.ts'

export interface Child {
  readonly process: ChildProcess
  /** The lines of its standard output until now. */
  readonly lines: readonly string[]
  /** Resolves with its exit code (or signal) when it has ended and all that it printed is in `lines`. */
  readonly ended: Promise<number | string>
}

/** Starts a program beside this file; with `under`, as the argument of that command. Killed when the test ends. */
export function start(t: TestContext, program: string, args: readonly string[], under: readonly string[] = []): Child {
  const path = new URL(program, import.meta.url).pathname
  const [command = process.execPath, ...rest] = [...under, process.execPath, path, ...args]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let open = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (open + text).split('\n')
    open = parts.pop() ?? ''
    lines.push(...parts)
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  atEnd(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { process: child, lines, ended }
}
