/** The processes of a kill test: started, killed by their process id, and none left behind. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ChildSettings } from './child.ts'

export type Role = 'producer' | 'consumer' | 'operator'

export interface Member {
  readonly role: Role
  /** Resolves when it is at work; rejects when it ended before. */
  readonly ready: Promise<void>
  /** What ended it: a signal's name, or its exit code. */
  readonly ended: Promise<string>
  kill(): Promise<void>
  /** Stands still until it is woken: SIGSTOP, SIGCONT. */
  stop(): void
  wake(): void
  /** Asks it to end in good order. */
  end(): Promise<void>
}

export interface Fleet {
  readonly folder: string
  start(role: Role, settings?: Partial<ChildSettings>): Member
  /** Members that ended by themselves, in words. */
  readonly accidents: readonly string[]
}

/** Members work in a folder of their own, which goes with them when the test ends. `common`: what each is told. */
export function openFleet(t: TestContext, common: Partial<ChildSettings> = {}): Fleet {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-kill-'))
  const children = new Set<ChildProcess>()
  const accidents: string[] = []
  t.after(async () => {
    const gone = [...children].map((child) => once(child, 'exit'))
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(gone)
    rmSync(folder, { recursive: true })
  })

  return { folder, accidents, start }

  function start(role: Role, settings: Partial<ChildSettings> = {}): Member {
    const program = join(import.meta.dirname, `${role}.ts`)
    const child = fork(program, [JSON.stringify({ folder, ...common, ...settings })], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    })
    let said = ''
    let expected = settings.point !== undefined
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    children.add(child)
    const ended = once(child, 'exit').then(([code, signal]) => {
      children.delete(child)
      const how = String(signal ?? code)
      if (!expected || (how !== 'SIGKILL' && how !== '0')) accidents.push(`${role} ended by ${how}: ${said}`)
      return how
    })
    const ready = Promise.race([
      once(child, 'message').then(() => {}),
      ended.then((how) => {
        throw new Error(`${role} ended by ${how} before it was ready: ${said}`)
      }),
    ])
    ready.catch(() => {})
    const signal = async (name: NodeJS.Signals) => {
      expected = true
      child.kill(name)
      await ended
    }
    return {
      role,
      ready,
      ended,
      kill: () => signal('SIGKILL'),
      end: () => signal('SIGTERM'),
      stop: () => void child.kill('SIGSTOP'),
      wake: () => void child.kill('SIGCONT'),
    }
  }
}
