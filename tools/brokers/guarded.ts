/** Starts servers for tests so that nothing of them is left behind, also when the test's own process is killed. */
import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GuardOrder } from './guard.ts'

export { freePorts } from '../start/free-ports.ts'

/** A process that leads a group of its own, and ends at the latest with this one. */
export interface Guarded {
  readonly pid: number
  hasEnded(): boolean
  /** What it has said so far, at most the last 16 KiB. */
  said(): string
  /** To the whole group. */
  signal(name: NodeJS.Signals): void
  /** Resolves when it has ended by itself, with its exit code; null after a signal. */
  ended(): Promise<number | null>
  /** The same; resolves when it is gone. */
  end(name: NodeJS.Signals): Promise<void>
}

/**
 * `gently`: the signal that lets it take away what it shares with the machine, should this process be killed.
 *
 * @throws Error when the command cannot be run
 */
export function startGuarded(
  command: string,
  words: readonly string[],
  options: SpawnOptions,
  gently?: NodeJS.Signals,
): Guarded {
  const child = spawn(command, words, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  // It comes after the return, and would end this process.
  child.on('error', () => {})
  const { pid } = child
  if (pid === undefined) throw new Error(`start ${command}: it cannot be run; is it installed, and on PATH?`)
  tell({ watch: pid, ...(gently && { gently }) })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      said = (said + data).slice(-16_384)
    })
    if (stream instanceof Socket) stream.unref()
  }
  let hasEnded = false
  let code: number | null = null
  // Not `close`: what it leaves behind may keep the pipes open.
  const ended = once(child, 'exit').then(([exitCode]) => {
    hasEnded = true
    code = exitCode
    killGroup(pid, 'SIGKILL')
    tell({ spare: pid })
    child.stdout?.destroy()
    child.stderr?.destroy()
  })
  child.unref()
  return {
    pid,
    hasEnded: () => hasEnded,
    said: () => said,
    signal: (name) => killGroup(pid, name),
    ended() {
      child.ref()
      return ended.then(() => code)
    },
    end(name) {
      child.ref()
      if (!hasEnded) killGroup(pid, name)
      return ended
    },
  }
}

/** Runs a command to its end, within a time. @throws Error with the end of what it said, when it fails or is late */
export async function runGuarded(command: string, words: readonly string[], withinMs: number): Promise<void> {
  const started = startGuarded(command, words, {})
  const late = setTimeout(() => started.signal('SIGKILL'), withinMs)
  const code = await started.ended()
  clearTimeout(late)
  if (code === 0) return
  const how = code === null ? `was ended, at the latest after ${withinMs} ms` : `failed with ${code}`
  throw new Error(`${[command, ...words].join(' ')} ${how}: ${started.said().trim().slice(-3000)}`)
}

/** A folder of its own that is removed at the latest after the end of this process. */
export async function guardedFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `vestnik-${name}-`))
  tell({ folder })
  return folder
}

/** A container of this name is removed at the latest after the end of this process. */
export function guardContainer(name: string): void {
  guardCommand('docker', ['rm', '-f', '-v', name])
}

/** Is run after the end of this process, in the environment that it had. Returns the way to forget it. */
export function guardCommand(command: string, words: readonly string[]): () => void {
  const undo = randomUUID()
  tell({ undo, command, words })
  return () => tell({ forget: undo })
}

/** These processes, which lead groups of their own, are killed at the latest after the end of this one. Returns the way to spare them. */
export function guardGroups(pids: readonly number[]): () => void {
  for (const watch of pids) tell({ watch })
  return () => {
    for (const spare of pids) tell({ spare })
  }
}

/** A database of this server is dropped at the latest after the end of this process. Returns the way to forget it. */
export function guardDatabase(url: string, name: string): () => void {
  tell({ database: name, url })
  return () => tell({ forget: name })
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

let guard: ChildProcess | undefined
/** All that the guard was told, for the one that takes its place. */
const orders: GuardOrder[] = []

function tell(order: GuardOrder): void {
  orders.push(order)
  if (guard) guard.send(order, () => {})
  else guard = startGuard()
}

function startGuard(): ChildProcess {
  const child = fork(new URL('guard.ts', import.meta.url), { detached: true, stdio: 'ignore', execArgv: [] })
  child.on('error', () => {})
  child.once('exit', (_, signal) => {
    // Whoever kills all processes of a name takes the guard along, and not what it guards.
    if (signal !== null) guard = startGuard()
  })
  for (const order of orders) child.send(order, () => {})
  child.unref()
  child.channel?.unref()
  return child
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}
