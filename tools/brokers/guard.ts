/**
 * The program that outlives a test: when the process that started it is gone, however that ended, it kills what it was
 * told to watch, runs what undoes the rest, and removes its folders.
 */
import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the guard is told. Processes lead groups of their own, and are killed with them. */
export type GuardOrder =
  | { readonly watch: number; readonly gently?: NodeJS.Signals }
  | { readonly spare: number }
  | { readonly folder: string }
  | { readonly undo: string; readonly command: string; readonly words: readonly string[] }
  | { readonly database: string; readonly url: string }
  | { readonly forget: string }

const groups = new Map<number, NodeJS.Signals | undefined>()
const folders = new Set<string>()
const commands = new Map<string, readonly [command: string, words: readonly string[]]>()
const databases = new Map<string, string>()

process.on('message', (order: GuardOrder) => {
  if ('watch' in order) groups.set(order.watch, order.gently)
  else if ('spare' in order) groups.delete(order.spare)
  else if ('folder' in order) folders.add(order.folder)
  else if ('undo' in order) commands.set(order.undo, [order.command, order.words])
  else if ('database' in order) databases.set(order.database, order.url)
  else forget(order.forget)
})
process.on('disconnect', () => void end())
// A person's Ctrl-C reaches the whole terminal; the guard goes last.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

function forget(name: string): void {
  commands.delete(name)
  databases.delete(name)
}

async function end(): Promise<void> {
  for (const [name, url] of databases) await dropDatabase(url, name)
  await endGently()
  for (const pid of groups.keys()) signalGroup(pid, 'SIGKILL')
  for (const [command, words] of commands.values()) undo(command, words)
  for (const folder of folders) await remove(folder)
}

const gentleMs = 3_000

/** Those that asked for it may end by themselves. */
async function endGently(): Promise<void> {
  const asked = [...groups].flatMap(([pid, gently]) => (gently && signalGroup(pid, gently) ? [pid] : []))
  const end = performance.now() + gentleMs
  while (asked.some((pid) => signalGroup(pid, 0)) && performance.now() < end) await sleep(20)
}

/** False: it had ended by itself. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

async function dropDatabase(url: string, name: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  } catch {
    // Its server is gone, and will take it along.
  } finally {
    await client.end().catch(() => {})
  }
}

function undo(command: string, words: readonly string[]): void {
  try {
    execFileSync(command, words, { stdio: 'ignore', timeout: 120_000 })
  } catch {
    // It had been undone.
  }
}

/** What was just killed may still be writing. */
async function remove(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      return await rm(folder, { recursive: true, force: true })
    } catch {
      await sleep(100)
    }
  }
}
