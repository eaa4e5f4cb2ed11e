/** One stream of lines for all services, each line with the name of who said it. */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { readable } from './log-line.ts'

export interface Output {
  /** A line of our own. */
  say(text: string): void
  /** Prints what the process says from now on. */
  take(name: string, child: ChildProcess): void
}

const own = 'start'

export function openOutput(names: readonly string[], write: (text: string) => void = toOutput): Output {
  const width = Math.max(own.length, ...names.map((name) => name.length))
  const print = (name: string, line: string) => write(`${name.padEnd(width)} | ${line}\n`)

  function forward(name: string, stream: Readable | null, show: (line: string) => string): void {
    if (stream) createInterface({ input: stream }).on('line', (line) => print(name, show(line)))
  }

  return {
    say: (text) => print(own, text),
    take(name, { stdout, stderr }) {
      forward(name, stdout, (line) => line)
      forward(name, stderr, readable)
    },
  }
}

function toOutput(text: string): void {
  process.stdout.write(text)
}
