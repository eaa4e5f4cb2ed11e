/** Folders for what a measurement writes, on a real disk and removed afterwards. */
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the measurements write: `BENCH_DIR`, else the system's temporary folder. */
export const benchDir = (): string => process.env.BENCH_DIR || tmpdir()

const inUse = new Set<string>()
process.once('exit', () => {
  for (const folder of inUse) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** Gives the work an empty folder, and removes it however the work, or the process, ends. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(benchDir(), 'vestnik-bench-'))
  inUse.add(folder)
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    inUse.delete(folder)
  }
}
