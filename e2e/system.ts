/** The whole system as a person starts it: tools/start.ts on free ports, with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { type Mailbox, openMailbox } from '../tools/client/mailbox.ts'
import type { Backend } from '../tools/client/person.ts'
import { freePortVariables } from '../tools/start/free-ports.ts'
import { until } from './until.ts'

export type ServiceName = 'gateway' | 'users' | 'films' | 'mailer' | 'mailbox'

export const startFile: string = join(import.meta.dirname, '..', 'tools', 'start.ts')

export interface Started {
  readonly folder: string
  /** Every line of its one stream, as far as it was read. */
  readonly lines: readonly string[]
  /** Resolves with the exit code when the process has ended and its stream was read. */
  readonly ended: Promise<number | null>
  /** Process ids of all services that it ever started. */
  pids(): readonly number[]
  send(signal: NodeJS.Signals): void
  /** What a terminal does at Ctrl-C. */
  interrupt(): void
}

export interface System extends Started, Backend {
  /** The gateway's address. */
  readonly url: string
  /** Where each service answers. */
  readonly urls: Readonly<Record<ServiceName, string>>
  /** Where the mailbox takes mail. */
  readonly smtpPort: number
  readonly mailbox: Mailbox
  /** The current process of a service. */
  pidOf(name: ServiceName): number
  signal(name: ServiceName, signal: NodeJS.Signals): void
  /** The lines that the gateway printed for sign-ins, without what stands before them. */
  printed(): readonly string[]
}

/** Starts it and leaves it to the test what becomes of it; nothing outlives the test. */
export function start(
  t: TestContext,
  environment: Readonly<Record<string, string>> = {},
  [program, ...words]: readonly [string, ...string[]] = [process.execPath, startFile],
): Started {
  const folder = mkdtempSync(join(tmpdir(), 'vestnik-e2e-'))
  const lines: string[] = []
  const child = spawn(program, words, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: join(folder, 'data'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal gives it: Ctrl-C reaches all processes of the group.
    detached: true,
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const started = {
    folder,
    lines,
    ended,
    pids: () => pidsIn(lines),
    send: (signal: NodeJS.Signals) => void child.kill(signal),
    interrupt: () => void process.kill(-(child.pid ?? 0), 'SIGINT'),
  }
  t.after(() => clean(started, child))
  return started
}

/** Starts it on free ports, and resolves when all of it is ready. */
export async function startSystem(t: TestContext, environment: Readonly<Record<string, string>> = {}): Promise<System> {
  const ports = await freePortVariables()
  const started = start(t, { ...ports, ...environment })
  const urlOf = (variable: string) => `http://127.0.0.1:${ports[variable]}`
  const urls = {
    gateway: urlOf('GATEWAY_PORT'),
    users: urlOf('USERS_PORT'),
    films: urlOf('FILMS_PORT'),
    mailer: urlOf('MAILER_PORT'),
    mailbox: urlOf('MAILBOX_PORT'),
  }
  await untilReady(started)
  const pidOf = (name: ServiceName) => pidsIn(started.lines, name).at(-1) ?? 0
  return {
    ...started,
    url: urls.gateway,
    urls,
    smtpPort: Number(ports.MAILBOX_SMTP_PORT),
    mailbox: openMailbox(urls.mailbox),
    pidOf,
    signal: (name, signal) => signalIfAlive(pidOf(name), signal),
    printed: () => started.lines.flatMap((line) => /^gateway +\| (User logged in .*)$/.exec(line)?.[1] ?? []),
  }
}

/** Resolves when it has said that all of it is ready. */
export async function untilReady({ lines }: Started): Promise<void> {
  const isReady = () => lines.some((line) => line.includes('| ready after'))
  await until('everything is ready', isReady, 60_000, () => lines)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function pidsIn(lines: readonly string[], name: string = '\\w+'): readonly number[] {
  const form = new RegExp(`^start +\\| ${name} is process (\\d+)$`)
  return lines.flatMap((line) => Number(form.exec(line)?.[1] ?? 0) || [])
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  if (pid > 0 && isAlive(pid)) process.kill(pid, signal)
}

async function clean(started: Started, child: ChildProcess): Promise<void> {
  if (child.exitCode === null) child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await started.ended
  clearTimeout(late)
  for (const pid of started.pids()) signalIfAlive(pid, 'SIGKILL')
  rmSync(started.folder, { recursive: true, force: true })
}
