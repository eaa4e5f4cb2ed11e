/** For tests with several processes: a folder with a broker, children on it, their common record, and its judge. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Group } from '@vestnik/bus/transport'
import { type ChildTask, type Entry, openRecord } from './child.fixture.ts'

export interface Verdict {
  readonly faults: readonly string[]
  readonly confirmed: number
  readonly kills: number
  /** Started again, and marked as such. */
  readonly repeated: number
}

type Task = Partial<ChildTask> & Pick<ChildTask, 'role' | 'name'>

export interface Bench extends AsyncDisposable {
  readonly folder: string
  readonly path: string
  readonly group: Group
  start(task: Task): ChildProcess
  entries(): readonly Entry[]
  exited(child: ChildProcess): Promise<void>
  kill(child: ChildProcess): Promise<void>
  /** SIGSTOP for so long, and until others have begun what it was at; then SIGCONT. */
  pause(child: ChildProcess, ms: number): Promise<void>
  until(what: string, limitMs: number, holds: (lines: readonly Entry[]) => boolean): Promise<void>
  recorded(wanted: (entry: Entry) => boolean): Promise<void>
  /** So many more deliveries have ended. */
  progress(count: number): Promise<void>
  /** Every confirmed message is handled. */
  settled(limitMs: number): Promise<void>
  judge(): Verdict
}

export async function openBench(options: {
  readonly leaseMs: number
  readonly group?: Partial<Group>
}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-broker-'))
  const path = join(folder, 'broker.db')
  const record = openRecord(join(folder, 'record'))
  const group: Group = { topic: 'film.rented', name: 'films', concurrency: 16, order: 'key', ...options.group }
  const children = new Set<ChildProcess>()

  function start(task: Task): ChildProcess {
    const whole = { path, record: join(folder, 'record'), group, partitions: 4, leaseMs: options.leaseMs, ...task }
    const file = fileURLToPath(new URL('./child.fixture.ts', import.meta.url))
    const child = spawn(process.execPath, [file, JSON.stringify(whole)], { stdio: ['ignore', 'ignore', 'inherit'] })
    children.add(child)
    child.once('exit', (_, signal) => {
      children.delete(child)
      if (signal === 'SIGKILL') record.add('killed', '', child.pid ?? 0, false)
    })
    return child
  }

  const entries = record.read

  async function until(what: string, limitMs: number, holds: (lines: readonly Entry[]) => boolean): Promise<void> {
    const deadline = Date.now() + limitMs
    while (!holds(entries())) {
      assert.ok(Date.now() < deadline, `not within ${limitMs} ms: ${what}`)
      await sleep(20)
    }
  }

  async function exited(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    await once(child, 'exit', { signal: AbortSignal.timeout(30_000) })
  }

  return {
    folder,
    path,
    group,
    start,
    entries,
    exited,
    until,
    async kill(child): Promise<void> {
      child.kill('SIGKILL')
      await exited(child)
    },
    async pause(child, ms) {
      child.kill('SIGSTOP')
      // It was stopped before others notice, and so before they go on in its place.
      record.add('stopped', '', child.pid ?? 0, false)
      const left = runningAt(entries(), child.pid ?? 0)
      await sleep(ms)
      await until('others go on in its place', 20_000, (lines) => {
        const by = new Set(lines.filter(({ kind, pid }) => kind === 'start' && pid !== child.pid).map(({ id }) => id))
        return left.every((id) => by.has(id))
      })
      child.kill('SIGCONT')
    },
    recorded: (wanted) => until('an entry', 20_000, (lines) => lines.some(wanted)),
    async progress(count): Promise<void> {
      const ended = (lines: readonly Entry[]) => lines.filter((line) => line.kind === 'end').length
      const goal = ended(entries()) + count
      await until(`${count} more deliveries`, 20_000, (lines) => ended(lines) >= goal)
    },
    settled: (limitMs) =>
      until('every confirmed message is handled', limitMs, (lines) => !judge(lines).faults.some(isLoss)),
    judge: () => judge(entries()),
    async [Symbol.asyncDispose](): Promise<void> {
      for (const child of [...children]) {
        child.kill('SIGKILL')
        await exited(child)
      }
      record.close()
      if (existsSync(folder)) rmSync(folder, { recursive: true })
    },
  }
}

/** What the process has begun and not ended. */
function runningAt(lines: readonly Entry[], pid: number): string[] {
  const running = new Set<string>()
  for (const line of lines) {
    if (line.pid !== pid) continue
    if (line.kind === 'start') running.add(line.id)
    if (line.kind === 'end' || line.kind === 'aborted') running.delete(line.id)
  }
  return [...running]
}

const isLoss = (fault: string): boolean => fault.startsWith('lost: ')

const keyOf = (id: string): string => id.slice(0, id.indexOf('/'))
const numberOf = (id: string): number => Number(id.slice(id.indexOf('/') + 1))

/** Reads the record from the beginning, as one would watch it happen. */
function judge(lines: readonly Entry[]): Verdict {
  const faults: string[] = []
  const finished = new Set<string>()
  const started = new Map<string, number>()
  const woken = new Set<number>()
  const runningByKey = new Map<string, Entry>()
  const endedByKey = new Map<string, number>()
  let repeated = 0
  for (const line of lines) {
    const key = keyOf(line.id)
    const running = runningByKey.get(key)
    if (line.kind === 'stopped') woken.add(line.pid)
    if (line.kind === 'killed' || line.kind === 'stopped') {
      for (const [of, entry] of runningByKey) if (entry.pid === line.pid) runningByKey.delete(of)
    } else if (line.kind === 'end' || line.kind === 'aborted') {
      // What a member ends after it was stopped counts for nothing.
      if (running?.pid !== line.pid || running.id !== line.id) continue
      runningByKey.delete(key)
      if (line.kind === 'aborted') continue
      finished.add(line.id)
      endedByKey.set(key, Math.max(endedByKey.get(key) ?? -1, numberOf(line.id)))
    } else if (line.kind === 'start') {
      if (running) faults.push(`two of one key at once: ${running.id} and ${line.id}`)
      // What one was about to hand out when it was stopped, neither it nor the next one can know.
      const told = [line.pid, started.get(line.id) ?? 0].every((pid) => !woken.has(pid))
      if (started.has(line.id) && !line.redelivered && told) faults.push(`again, and not marked: ${line.id}`)
      if (started.has(line.id)) repeated += 1
      else if (numberOf(line.id) < (endedByKey.get(key) ?? -1)) faults.push(`out of order: ${line.id}`)
      started.set(line.id, line.pid)
      runningByKey.set(key, line)
    }
  }
  for (const { kind, id } of lines) if (kind === 'confirmed' && !finished.has(id)) faults.push(`lost: ${id}`)
  const count = (kind: Entry['kind']) => lines.filter((line) => line.kind === kind).length
  return { faults, confirmed: count('confirmed'), kills: count('killed'), repeated }
}
