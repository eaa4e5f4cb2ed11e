/** A disk that takes 10 ms longer for each sync: a few lines of C, preloaded into the measured processes. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startChild } from './child.ts'
import { missing } from './install.ts'
import type { Settings } from './row.ts'

const source = fileURLToPath(new URL('../slow-fsync.c', import.meta.url))
const exec = promisify(execFile)

/** Why a slow disk cannot be had here; undefined when it can. */
export async function slowDiskMissing({ quick }: Settings): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a preloaded library needs Linux'
  return await missing({ command: 'gcc', packages: ['gcc', 'libc6-dev'] }, !quick)
}

const made = new Map<string, Promise<string>>()

/** Compiles the library into the folder, once, proves that it slows every way of syncing, and answers its path. */
export function slowDisk(folder: string): Promise<string> {
  const library = made.get(folder) ?? compile(folder)
  made.set(folder, library)
  return library
}

async function compile(folder: string): Promise<string> {
  const library = join(folder, 'slow-fsync.so')
  await exec('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  await using probe = startChild('programs/sync-probe.ts', { folder }, { preload: library })
  const took = await probe.next()
  const quick = Object.entries(took).filter(([, ms]) => ms < 10)
  if (quick.length > 0) throw new Error(`the preloaded library does not slow ${quick.map(([way]) => way).join(', ')}`)
  return library
}
