/**
 * The program that outlives a test: when the process that started it is gone, however that ended, it kills what it was
 * told to watch and removes its folders.
 */
import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the guard is told. Processes lead groups of their own, and are killed with them. */
export type GuardOrder =
  | { readonly watch: number }
  | { readonly spare: number }
  | { readonly folder: string }
  | { readonly container: string }

const groups = new Set<number>()
const folders = new Set<string>()
const containers = new Set<string>()

process.on('message', (order: GuardOrder) => {
  if ('watch' in order) groups.add(order.watch)
  else if ('spare' in order) groups.delete(order.spare)
  else if ('folder' in order) folders.add(order.folder)
  else containers.add(order.container)
})
process.on('disconnect', () => void end())
// A person's Ctrl-C reaches the whole terminal; the guard goes last.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

async function end(): Promise<void> {
  for (const pid of groups) killGroup(pid)
  for (const name of containers) removeContainer(name)
  for (const folder of folders) await remove(folder)
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It had ended by itself.
  }
}

function removeContainer(name: string): void {
  try {
    execFileSync('docker', ['rm', '-f', '-v', name], { stdio: 'ignore', timeout: 60_000 })
  } catch {
    // It had been removed.
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
