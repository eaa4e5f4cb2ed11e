/** A small disk of the services' own, which can be filled: where that is allowed (root on Linux). */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guardCommand } from '../../tools/brokers/guarded.ts'
import type { Disk } from './targets.ts'

export interface SmallDisk extends Disk, Disposable {
  /** Why it cannot be filled; undefined when it can. */
  readonly lack: string | undefined
}

const sizeMb = 256

/** Makes the folder. */
export function openDisk(folder: string): SmallDisk {
  mkdirSync(folder)
  const lack = whyNotMounted(folder)
  const ballast = join(folder, 'ballast')
  const words = ['-l', folder]
  const forget = lack === undefined ? guardCommand('umount', words) : () => {}
  return {
    lack,
    fill() {
      if (lack !== undefined) return
      try {
        for (let n = 0; n <= sizeMb; n += 1) writeFileSync(ballast, new Uint8Array(1_000_000), { flag: 'a' })
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
    },
    makeRoom: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      if (lack === undefined) execFileSync('umount', words)
      forget()
    },
  }
}

function whyNotMounted(folder: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may mount a small disk'
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'vestnik', folder], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'a disk may not be mounted here'
  }
}
