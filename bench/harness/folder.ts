/** Folders for what a measurement writes, on a real disk and removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the measurements write: `BENCH_DIR`, else the system's temporary folder. */
export const benchDir = (): string => process.env.BENCH_DIR || tmpdir()

/** Gives the work an empty folder, and removes it however the work ends. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(benchDir(), 'vestnik-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
