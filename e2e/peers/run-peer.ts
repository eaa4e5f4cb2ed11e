/** A program of others, started again whenever it ends, as whoever runs it would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Peer {
  /** All that it has printed, of all its lives. */
  readonly lines: readonly string[]
  /** How often it was started. */
  starts(): number
  /** Kills it for good. */
  stop(): Promise<void>
}

/** `wordsOf` answers its arguments for each life, counted from 1. */
export function runPeer(t: TestContext, name: string, wordsOf: (life: number) => readonly string[]): Peer {
  const file = join(import.meta.dirname, `${name}.ts`)
  const lines: string[] = []
  let lives = 0
  let stopped = false
  let child: ChildProcess | undefined

  async function live(): Promise<void> {
    while (!stopped) {
      lives += 1
      child = spawn(process.execPath, [file, ...wordsOf(lives)], { stdio: ['ignore', 'pipe', 'ignore'] })
      const { stdout } = child
      if (stdout) createInterface({ input: stdout }).on('line', (line) => lines.push(line))
      await once(child, 'close')
      await sleep(200)
    }
  }

  const lived = live()
  async function stop(): Promise<void> {
    stopped = true
    child?.kill('SIGKILL')
    await lived
  }
  t.after(stop)
  return { lines, starts: () => lives, stop }
}
